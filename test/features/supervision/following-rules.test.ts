/** The pure rules of listening that follows an agent: which legs, for how long, which calls. */
import fc from 'fast-check';
import t from 'tap';
import { audioModes } from '../../../src/contract/supervisions.ts';
import {
  chooseLegs,
  type FollowedLeg,
  ringingLegsMax,
} from '../../../src/features/supervision/following-choice.ts';
import { loggedOutAnswerMs, standingAt } from '../../../src/features/supervision/following-standing.ts';
import { spansAfter, spansMax } from '../../../src/features/supervision/following-state.ts';

const leg = (uniqueId: string, change: Partial<FollowedLeg> = {}): FollowedLeg => ({
  takeable: true,
  pbx: 'main',
  uniqueId,
  channel: 'PJSIP/1001-00000001',
  device: 'PJSIP/1001',
  callId: uniqueId,
  state: 'talking',
  sinceMs: 1,
  direction: 'inbound',
  queue: null,
  with: { number: null, name: null },
  certain: true,
  protectedBy: null,
  ...change,
});
const ringing = (uniqueId: string, change: Partial<FollowedLeg> = {}) =>
  leg(uniqueId, { state: 'ringing', ...change });
const held = (uniqueId: string, change: Partial<FollowedLeg> = {}) =>
  leg(uniqueId, { state: 'on-hold', ...change });
const heardOf = (
  ...[legs, mode = 'listen', current = null]: Parameters<typeof chooseLegs> | [FollowedLeg[]]
) => chooseLegs(legs, mode, current).heard?.uniqueId ?? null;

t.test('The one that talks is heard; the one heard already stays while it talks', async (t) => {
  t.equal(heardOf([]), null);
  t.equal(heardOf([held('a', { sinceMs: 9 }), leg('b')]), 'b');
  t.equal(heardOf([leg('a'), leg('b', { sinceMs: 9 })]), 'b', 'the newest of two');
  t.equal(
    heardOf([leg('a'), leg('b', { sinceMs: 9 })], 'listen', 'a'),
    'a',
    'but not away from the one heard',
  );
  t.equal(heardOf([held('a'), leg('b')], 'listen', 'a'), 'b', 'on hold it gives way');
  t.equal(heardOf([held('a'), ringing('b')], 'listen', 'a'), 'a', 'ringing is no reason to leave');
});

t.test('Phones that ring are joined only when nothing else is heard', async (t) => {
  const alone = chooseLegs([ringing('a'), ringing('b')], 'barge', null);
  t.match({ heard: alone.heard, joinsRinging: alone.joinsRinging }, { heard: null, joinsRinging: true });
  t.equal(alone.ringing.length, 2);
  t.equal(chooseLegs([leg('a'), ringing('b')], 'listen', 'a').joinsRinging, false);
  t.equal(
    chooseLegs([leg('a', { protectedBy: 'private-call' }), ringing('b')], 'listen', null).joinsRinging,
    false,
  );
  t.equal(chooseLegs([ringing('a', { certain: false })], 'whisper', null).joinsRinging, false);
  t.equal(chooseLegs([ringing('a', { certain: false })], 'listen', null).joinsRinging, true);
  const answered = chooseLegs([leg('a', { callId: 'x' }), ringing('b', { callId: 'x' })], 'listen', null);
  t.strictSame(answered.ringing, [], 'his other phone stops ringing for the same call');
  const many = Array.from({ length: ringingLegsMax + 1 }, (_, i) => ringing(`r${i}`));
  t.equal(chooseLegs(many, 'listen', null).ringing.length, ringingLegsMax);
  t.equal(chooseLegs(many.slice(1), 'listen', null).ringing.length, ringingLegsMax);
});

t.test('What may not be heard, or not be spoken on, says why and is not', async (t) => {
  const unheard = (...args: Parameters<typeof chooseLegs>) => chooseLegs(...args).unheard;
  t.equal(unheard([leg('a', { protectedBy: 'private-call' })], 'listen', 'a'), 'private-call');
  t.equal(
    unheard([held('a'), leg('b', { protectedBy: 'caller-objected' })], 'listen', 'a'),
    'caller-objected',
    'his phone may mix his calls',
  );
  t.equal(unheard([leg('a'), held('b', { protectedBy: 'private-call' })], 'listen', 'a'), null);
  t.equal(unheard([leg('a', { certain: false })], 'whisper', null), 'agent-leg-uncertain');
  t.equal(unheard([leg('a', { certain: false })], 'listen', null), null);
  t.equal(unheard([leg('a'), leg('b')], 'barge', 'a'), 'agent-has-two-calls');
  t.equal(unheard([ringing('a', { protectedBy: 'private-call' })], 'listen', null), null, 'not his call yet');
});

t.test('Whatever his legs are, only those that may be heard are', async () => {
  const anyLeg = fc
    .record({
      uniqueId: fc.constantFrom('a', 'b', 'c', 'd'),
      callId: fc.constantFrom('x', 'y', 'z'),
      state: fc.constantFrom('ringing' as const, 'talking' as const, 'on-hold' as const),
      certain: fc.boolean(),
      sinceMs: fc.nat(9),
      protectedBy: fc.constantFrom(null, null, 'private-call' as const),
    })
    .map(({ uniqueId, ...change }) => leg(uniqueId, change));
  fc.assert(
    fc.property(
      fc.uniqueArray(anyLeg, { selector: ({ uniqueId }) => uniqueId }),
      fc.constantFrom(...audioModes),
      fc.constantFrom(null, 'a', 'b'),
      (legs, mode, current) => {
        const { heard, ringing: rings, joinsRinging, unheard } = chooseLegs(legs, mode, current);
        const isFree = ({ uniqueId }: { uniqueId: string }) =>
          legs.some((one) => one.uniqueId === uniqueId && one.protectedBy === null);
        if (heard && (!isFree(heard) || heard.state === 'ringing' || unheard !== null)) return false;
        if (heard && mode !== 'listen' && !heard.certain) return false;
        if (joinsRinging && legs.some(({ state }) => state !== 'ringing')) return false;
        return rings.every((one) => isFree(one) && one.state === 'ringing');
      },
    ),
  );
});

t.test('A minute before the longest duration, or a tenth of it, one is asked', async (t) => {
  const hour = { countedFromMs: 0, loggedOutAtMs: null, minutesMax: 60 };
  const at = (nowMs: number, counting: Parameters<typeof standingAt>[1] = hour) =>
    standingAt(nowMs, counting);
  t.match(at(0), { endsAtMs: 3_600_000, question: null, over: null, nextAtMs: 3_540_000 });
  t.equal(at(3_539_999).question, null);
  t.match(at(3_540_000), { question: 'limit-near', over: null, nextAtMs: 3_600_000 });
  t.equal(at(3_599_999).over, null);
  t.equal(at(3_600_000).over, 'limit');
  const short = { ...hour, minutesMax: 1 };
  t.equal(at(53_999, short).question, null);
  t.equal(at(54_000, short).question, 'limit-near');
  t.match(at(9e12, { ...hour, minutesMax: null }), {
    endsAtMs: null,
    question: null,
    over: null,
    nextAtMs: null,
  });
});

t.test('An agent who logs out leaves a minute to answer, unless the limit comes first', async (t) => {
  const away = { countedFromMs: 0, loggedOutAtMs: 1_000, minutesMax: null };
  t.match(standingAt(1_000, away), {
    endsAtMs: 1_000 + loggedOutAnswerMs,
    question: 'agent-logged-out',
    over: null,
  });
  t.equal(standingAt(1_000 + loggedOutAnswerMs - 1, away).over, null);
  t.equal(standingAt(1_000 + loggedOutAnswerMs, away).over, 'agent-logged-out');
  t.equal(standingAt(60_000, { ...away, minutesMax: 1 }).over, 'limit');
});

t.test('Calls follow one another, each from when to when, and their list has a bound', async (t) => {
  const one = spansAfter([], 'a', 1);
  const two = spansAfter(one, 'b', 2);
  t.strictSame(two, [
    { callId: 'a', fromMs: 1, toMs: 2 },
    { callId: 'b', fromMs: 2, toMs: null },
  ]);
  const over = spansAfter(two, null, 3);
  t.equal(over.at(-1)!.toMs, 3);
  t.equal(spansAfter(over, null, 4), over, 'nothing begins, nothing ends');
  let many = over;
  for (let i = 0; i < spansMax; i++) many = spansAfter(many, 'c', i);
  t.equal(many.length, spansMax);
  t.equal(many.at(-1)!.toMs, null);
});
