/**
 * Truth of records: SIPp's and phones' calls with twelve endings; the records must equal SIPp's and the phones' own logs,
 * with times within 10 ms of the PBX's journal. TRUTH_CALLS (2000) at 20 a second.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import t, { type Test } from 'tap';
import { type LoadOrder, mixedCalls } from '../../scripts/lab/sipp.ts';
import type { LoadCall } from '../../scripts/lab/sipp-log.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { CallState, EndedBy, HangupReason } from '../../src/contract/calls.ts';
import type { Tables } from '../../src/database/generated/tables.ts';
import { type CallsScene, openCallsScene } from '../support/calls-scene.ts';

const total = Number(process.env['TRUTH_CALLS'] || 2_000);
const callsPerSecond = 20;
const toleranceMs = 10;
const firstCaller = 611_000_000;

type Verdict = [HangupReason, EndedBy, CallState];
/** What each number of the load does, told by who dials and who answers: scripts/lab/README.md, "SIPp's plans". */
const verdicts: Record<string, Verdict> = {
  '8501': ['customer-hung-up', 'customer', 'answered'],
  '8502': ['agent-hung-up', 'agent', 'answered'],
  '8503': ['busy', 'system', 'busy'],
  '8504': ['rejected', 'agent', 'missed'],
  '8505': ['abandoned-ringing', 'customer', 'abandoned'],
  '8506': ['invalid-number', 'system', 'failed'],
  '8507': ['agent-unreachable', 'system', 'missed'],
  '8508': ['congestion', 'system', 'failed'],
  '8511': ['no-answer', 'system', 'missed'],
  '8010': ['abandoned-in-queue', 'customer', 'abandoned'],
  '8014': ['ended-by-dialplan', 'system', 'missed'],
  '8033': ['invalid-number', 'system', 'failed'],
};
const loadPeople = ['answer', 'hangup', 'busy', 'reject', 'ring', 'missing', 'off', 'congested'].map(
  (name) => ({
    name: `Load ${name}`,
    devices: [`PJSIP/load-${name}`],
  }),
);

interface Expected {
  number: string;
  verdict: Verdict;
}
type Row = Pick<
  import('kysely').Selectable<Tables['calls']>,
  'caller_number' | 'unique_id' | 'reason' | 'ended_by' | 'state' | 'started_at' | 'answered_at' | 'ended_at'
> &
  Record<'menu_ms' | 'wait_ms' | 'talk_ms' | 'hold_ms', number>;

t.test(
  'every call is recorded once, with its true ending, by whom, and its times',
  { timeout: 500_000 },
  async (t) => {
    const scene = await openCallsScene({ name: 'truth', portBlocks: 2 }, loadPeople);
    t.teardown(() => scene.close());
    const phones = phoneCalls(scene, Math.round(total / 40));
    const load = await scene.lab.sipp({ calls: plan(), callsPerSecond });
    const expected = [...load.map(ofLoad), ...(await phones)];
    t.equal(load.filter((call) => !agreesWithPlan(call)).length, 0, 'the load did what it was to do');

    const rows = await recorded(scene, expected.length);
    const byNumber = Map.groupBy(rows, (row) => row.caller_number);
    const of = (number: string): Row[] => byNumber.get(number) ?? [];
    t.same(
      expected.filter(({ number }) => of(number).length === 0),
      [],
      '0 missing',
    );
    t.same(
      rows.filter((row) => of(row.caller_number!).length > 1),
      [],
      '0 double',
    );
    t.equal(rows.length, expected.length, 'nothing else is recorded');
    const wrong = expected.filter(({ number, verdict: [reason, endedBy, state] }) => {
      const row = of(number)[0];
      return row && (row.reason !== reason || row.ended_by !== endedBy || row.state !== state);
    });
    t.same(
      wrong.map((one) => ({ ...one, found: of(one.number)[0] })),
      [],
      '0 wrong reasons, 0 wrong "who ended it"',
    );
    await agreeWithJournal(t, scene, rows);
    t.equal(scene.calls.live.all().length, 0, 'nothing is left on the board');
  },
);

/** Answer() waits up to 500 ms for sound, which SIPp never sends: who is to abandon the queue stays until he is in it. */
function plan(): LoadOrder[] {
  return mixedCalls(total, firstCaller).map((order) =>
    order.to === '8010' ? { ...order, afterMs: order.afterMs + 1_000 } : order,
  );
}

function ofLoad(call: LoadCall): Expected {
  return { number: call.callerId, verdict: verdicts[call.dialled]! };
}

/** SIPp's own account of who ended it, so that the table above is not taken on trust. */
function agreesWithPlan({ dialled, ending }: LoadCall): boolean {
  const [reason] = verdicts[dialled]!;
  switch (reason) {
    case 'customer-hung-up':
    case 'abandoned-in-queue':
      return ending === 'caller';
    case 'agent-hung-up':
    case 'ended-by-dialplan':
      return ending === 'callee';
    case 'abandoned-ringing':
      return ending === 'cancelled';
    default:
      return ending === 'refused';
  }
}

/** Calls of real phones beside the load, in turn hung up by the customer and by the agent. */
async function phoneCalls({ lab }: CallsScene, count: number): Promise<Expected[]> {
  const expected: Expected[] = [];
  for (let i = 0; i < count; i++) {
    const number = `07${String(i).padStart(8, '0')}`;
    const agent = String(1001 + (i % 9));
    const arriving = lab.phones.nextCall(agent, 20_000);
    const customer = await lab.phones.call({ from: 'customer', to: agent, callerId: number });
    const answering = await arriving;
    await Promise.all([customer.waitAnswered(20_000), answering.waitAnswered(20_000)]);
    const byCustomer = i % 2 === 0;
    await (byCustomer ? customer : answering).hangup();
    await Promise.all([customer.ended, answering.ended]);
    const verdict: Verdict = customer.end!.byUs
      ? ['customer-hung-up', 'customer', 'answered']
      : ['agent-hung-up', 'agent', 'answered'];
    expected.push({ number, verdict });
  }
  return expected;
}

async function recorded({ db, calls }: CallsScene, count: number): Promise<Row[]> {
  await waitFor(
    `${count} records`,
    async () => {
      const { n } = await db
        .selectFrom('calls')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return n >= count && calls.unsettled() === 0 && calls.counts().waiting === 0;
    },
    30_000,
    200,
  );
  return db
    .selectFrom('calls')
    .select([
      'caller_number',
      'unique_id',
      'reason',
      'ended_by',
      'state',
      'started_at',
      'answered_at',
      'ended_at',
    ])
    .select(['menu_ms', 'wait_ms', 'talk_ms', 'hold_ms'])
    .execute();
}

/** Start, answer and end against the PBX's journal (columns: scripts/lab/README.md), and the sum of the durations. */
async function agreeWithJournal(t: Test, { lab }: CallsScene, rows: readonly Row[]): Promise<void> {
  const lines = parse(await readFile(lab.pbx.celFile, 'utf8'), { relax_column_count: true }) as string[][];
  const journal = Map.groupBy(lines, (line) => line[2]);
  const off: Record<string, number> = { start: 0, answer: 0, end: 0 };
  const sums: Row[] = [];
  for (const row of rows) {
    const events = journal.get(row.unique_id) ?? [];
    const at = (event: string): number => Number(events.find((line) => line[0] === event)?.[1]) * 1000;
    const gap = (time: Date | null, atMs: number): number => Math.abs(Number(time) - atMs);
    off['start'] = Math.max(off['start']!, gap(row.started_at, at('CHAN_START')));
    off['end'] = Math.max(off['end']!, gap(row.ended_at, at('CHAN_END')));
    if (row.answered_at) off['answer'] = Math.max(off['answer']!, gap(row.answered_at, at('BRIDGE_ENTER')));
    const sum = row.menu_ms + row.wait_ms + row.talk_ms + row.hold_ms;
    if (sum !== Number(row.ended_at) - Number(row.started_at)) sums.push(row);
  }
  for (const [what, ms] of Object.entries(off))
    t.ok(ms <= toleranceMs, `${what}: at most ${ms.toFixed(1)} ms from the journal`);
  t.same(sums, [], 'the four durations make the whole');
}
