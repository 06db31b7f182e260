/**
 * Calls that nobody watched, from Asterisk's journal alone: the same real calls as the fold's tests, and the record that
 * live events gave of each. What a journal cannot know is listed here, and nowhere else may anything differ.
 */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Call } from '../../../src/contract/calls.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { stated } from '../../support/call-scenarios.ts';
import { journalFacts } from '../../support/journal-facts.ts';
import { fold, transcripts } from '../../support/transcripts.ts';

const all = transcripts();

/** Scenarios in which the reason itself is one that only live events show. */
const reasonsUnknown: Record<string, string> = {
  'A number that does not exist is invalid-number, whichever way the dialplan says so':
    'a jump to an extension that is not there leaves no trace: ended-by-dialplan',
};
const timeSkewMs = 10;

/** QUEUESTATUS is a variable of the channel: why a queue let go of a caller at once is in no journal. */
const withoutQueueStatus = <Wanted extends { queues?: string[] }>(wanted: Wanted): Wanted => ({
  ...wanted,
  queues: wanted.queues?.map((queue) => queue.replace(/:(queue-empty|queue-full)$/, ':unknown')),
});

const withoutStatus = (visit: Call['queueVisits'][number]) => ({
  ...visit,
  // Phones that are rung within a millisecond, in any order.
  attempts: visit.attempts.toSorted((a, b) => (a.device < b.device ? -1 : 1)),
  outcome: visit.outcome === 'queue-empty' || visit.outcome === 'queue-full' ? 'unknown' : visit.outcome,
});

const like = (call: Call) => ({ attempts: [], held: call.holdMs > 0, legs: [] });

/** What is heard by a connection that is lost and another that is made later. */
const heardOutside = (facts: readonly TelephonyFact[], lostMs: number, backMs: number): TelephonyFact[] =>
  facts.flatMap((fact) => {
    if (fact.atMs < lostMs) return [fact];
    return fact.atMs > backMs ? [{ ...fact, generation: fact.generation + 1 }] : [];
  });

t.ok(all.filter(({ journal }) => journal.length > 0).length >= 40, 'there are journals of real calls');

for (const { name, journal, facts, expected } of all) {
  t.test(name, async (t) => {
    const calls = fold(journalFacts(journal));
    const live = fold(facts);
    t.same(
      calls.map(({ uniqueId }) => uniqueId).toSorted(),
      live.map(({ uniqueId }) => uniqueId).toSorted(),
      'the same calls, none more',
    );
    for (const call of live)
      sameAsLive(t, calls.find(({ uniqueId }) => uniqueId === call.uniqueId)!, call, name);
    for (const [number, wanted] of Object.entries(expected)) {
      const found = calls
        .filter((call) => call.caller.number === number)
        .map((call, i) => stated(call, wanted[i]!));
      if (name in reasonsUnknown) continue;
      t.same(found, wanted.map(withoutQueueStatus), number);
    }
  });
}

function sameAsLive(t: Test, call: Call, live: Call, name: string): void {
  t.equal(call.id, live.id, 'the record has the same id');
  const known = (one: Call) => {
    const { ringMs: _ring, sipCode: _sip, supervisions: _s, marks: _m, ...rest } = one;
    if (name in reasonsUnknown) Object.assign(rest, { reason: null, endedBy: null, state: null });
    // A leg that picks another up takes that one's beginning over in live events.
    const pickedUp = name.includes('picked up');
    const legs = rest.legs.map(({ sipCode: _code, ...leg }) => (pickedUp ? { ...leg, startedAt: '' } : leg));
    const queueVisits = rest.queueVisits.map((visit) => withoutStatus(visit));
    return { ...rest, legs, queueVisits };
  };
  t.same(rounded(known(call), known(live)), known(live), 'all that a journal can know');
}

/** Times and durations that agree within the skew are taken from `like`. */
function rounded(value: unknown, like: unknown): unknown {
  if (typeof value === 'number' && typeof like === 'number')
    return Math.abs(value - like) <= timeSkewMs ? like : value;
  if (typeof value === 'string' && typeof like === 'string') {
    const apartMs = Math.abs(Date.parse(value) - Date.parse(like));
    return /^\d{4}-.*Z$/.test(value) && apartMs <= timeSkewMs ? like : value;
  }
  if (Array.isArray(value) && Array.isArray(like)) return value.map((one, i) => rounded(one, like[i]));
  if (value && like && typeof value === 'object' && typeof like === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, rounded(one, (like as Record<string, unknown>)[key])]),
    );
  return value;
}

t.test('Told beside live events, the journal changes no record but for who hung up', async (t) => {
  for (const { name, facts, journal } of all) {
    const live = fold(facts);
    const both = fold([...facts, ...journalFacts(journal)]);
    t.same(
      both.map((call, i) => stated(call, { ...stated(call, {} as never), ...like(live[i]!) })),
      live.map((call) => stated(call, { ...stated(call, {} as never), ...like(call) })),
      name,
    );
  }
});
t.test('With live events missing from any moment to any other, the journal fills the gap', async (t) => {
  const moment = fc.double({ min: 0, max: 1, noNaN: true });
  for (const { name, facts, journal, expected } of all) {
    if (name in reasonsUnknown) continue;
    const [fromMs, toMs] = [facts[0]!.atMs - 1, facts.at(-1)!.atMs + 1];
    const journalled = journalFacts(journal);
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const a = fromMs + Math.min(one, other) * (toMs - fromMs);
        const b = fromMs + Math.max(one, other) * (toMs - fromMs);
        const calls = fold([...heardOutside(facts, a, b), ...journalled]);
        for (const [number, wanted] of Object.entries(expected)) {
          const found = calls.filter((call) => call.caller.number === number);
          const same = (call: Call, i: number) => withoutQueueStatus(stated(call, wanted[i]!));
          t.same(
            found.map(same),
            wanted.map(withoutQueueStatus),
            `${name}: ${number}, deaf from ${a} to ${b}`,
          );
        }
      }),
      { numRuns: 10 },
    );
  }
});

/** As a table of FreePBX's holds them. */
const wholeSeconds = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^("[A-Z_]+","\d+)\.\d+"/, '$1"'));

t.test(
  'A conversation that was heard stays one, however coarse the journal that tells its end',
  async (t) => {
    let calls = 0;
    for (const { name, facts, journal } of all) {
      const told = journalFacts(wholeSeconds(journal));
      for (const live of fold(facts)) {
        if (live.answeredAt === null) continue;
        const lostMs = Date.parse(live.answeredAt) + 1;
        const found = fold([...heardOutside(facts, lostMs, Infinity), ...told]);
        const call = found.find(({ uniqueId }) => uniqueId === live.uniqueId);
        const what = `${name}: ${live.uniqueId}`;
        t.match(call, { state: 'answered', startedAt: live.startedAt, answeredAt: live.answeredAt }, what);
        calls += 1;
      }
    }
    t.ok(calls > 30, `${calls} calls`);
  },
);
