/** The journal by the manager's events: what of a gap counts, and what does not. */
import t from 'tap';
import { celCellsOf } from '../../../src/adapters/ami/cel-event.ts';
import { keptFactsMax } from '../../../src/adapters/cel/gap-filter.ts';
import { createManagerSource, eventsMax } from '../../../src/adapters/cel/manager-source.ts';
import { createWholeGaps } from '../../../src/adapters/cel/whole-gaps.ts';
import type { FactBody, TelephonyFact } from '../../../src/ports/telephony-facts.ts';

const fact = (body: FactBody, atMs = 1) =>
  ({ pbx: 'main', source: 'cel', generation: 1, sequence: 1, atMs, ...body }) as TelephonyFact;
const hold = (uniqueId: string) => fact({ kind: 'leg-hold', uniqueId, held: true });
const lost = fact({ kind: 'pbx-lost', why: 'disconnected', detail: '' });
const back = fact({ kind: 'resynced', liveUniqueIds: [] });
const amiUp = fact({ kind: 'ami-connected' });
const amiDown = fact({ kind: 'ami-lost', detail: '' });

function scene() {
  let nowMs = 1_000_000;
  const told: string[] = [];
  const gaps = createWholeGaps(
    (one) => told.push((one as { uniqueId: string }).uniqueId),
    () => nowMs,
  );
  gaps.notice(back);
  gaps.notice(amiUp);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { gaps, told, pass };
}

t.test('A gap of ARI that the manager heard whole is told at its end', async (t) => {
  const { gaps, told, pass } = scene();
  gaps.take(hold('live'));
  t.same(told.splice(0), ['live']);
  pass(60_000);
  gaps.notice(lost);
  gaps.take(hold('1'));
  gaps.take(hold('2'));
  t.same(told, [], 'not before it is known to be whole');
  gaps.notice(back);
  t.same(told.splice(0), ['1', '2']);
});

t.test('Of one that the manager heard half nothing is told', async (t) => {
  const { gaps, told, pass } = scene();
  pass(1_000);
  gaps.notice(lost);
  gaps.take(hold('too young a connection'));
  gaps.notice(back);
  pass(60_000);
  gaps.notice(lost);
  gaps.take(hold('before'));
  gaps.notice(amiDown);
  gaps.notice(amiUp);
  gaps.take(hold('after'));
  gaps.notice(back);
  pass(60_000);
  gaps.notice(lost);
  for (let i = 0; i <= keptFactsMax; i++) gaps.take(hold('more than is kept'));
  gaps.notice(back);
  t.same(told, []);
});

t.test('Before the first look at the PBX nothing counts', async (t) => {
  const told: unknown[] = [];
  const gaps = createWholeGaps((one) => told.push(one));
  gaps.notice(amiUp);
  gaps.take(hold('1'));
  gaps.notice(back);
  t.same(told, []);
});

t.test(
  'An event of the manager is a row; what is none is counted, and a queue that nobody takes ends',
  async (t) => {
    const source = createManagerSource();
    const headers = {
      ...{ Event: 'CEL', EventName: 'HANGUP', EventTime: '1763980000.123456', UniqueID: '1763980000.7' },
      ...{
        LinkedID: '1763980000.7',
        Channel: 'PJSIP/1001-7',
        CallerIDnum: '0612345678',
        CallerIDname: 'Zoé',
      },
      ...{ Extra: '{"hangupcause":16,"hangupsource":""}' },
    };
    source.take(celCellsOf(new Map(Object.entries(headers))));
    source.take(celCellsOf(new Map(Object.entries({ ...headers, EventName: '3' }))));
    t.match(await source.read(), {
      rows: [{ event: 'HANGUP', atMs: 1_763_980_000_123, callerName: 'Zoé', channel: 'PJSIP/1001-7' }],
      position: null,
    });
    t.equal(source.bad, 1);
    t.equal(await source.read(), null);
    for (let i = 0; i <= eventsMax; i++) source.take(celCellsOf(new Map(Object.entries(headers))));
    t.equal((await source.read())?.rows.length, eventsMax);
  },
);
