import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Test } from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import { type Expected, type Scenario, type Stage, stated } from './call-scenarios.ts';
import { type CallsScene, openCallsScene } from './calls-scene.ts';

/** What a scenario left behind, for replaying it without a PBX. */
export interface Transcript {
  name: string;
  facts: TelephonyFact[];
  /** The lines of the PBX's own journal meanwhile. */
  journal: string[];
  expected: Record<string, Expected[]>;
}

/** Runs scenarios on one lab; records their facts when VIGIE_TRANSCRIPTS names a folder. */
export async function playScenarios(t: Test, labName: string, scenarios: readonly Scenario[]): Promise<void> {
  t.setTimeout(280_000);
  const scene = await openCallsScene({ name: labName });
  t.teardown(() => scene.close());
  const stage = stageOf(scene);
  for (const scenario of scenarios) {
    await t.test(scenario.name, { timeout: 60_000 }, async (t) => {
      for (const { number, behaviour } of scene.lab.phones.roster)
        scene.lab.phones.behave(number, { ...behaviour, answerAfterMs: 100 });
      const firstFact = scene.facts.length;
      const firstLine = (await journalLines(scene)).length;
      const startedMs = Date.now() - 1_000;
      const phones = scene.lab.phones.log.length;
      const expected = await scenario.run(stage);
      for (const [number, wanted] of Object.entries(expected)) {
        const found = await recordsSince(scene, number, startedMs, wanted.length);
        t.same(
          found.map((call, i) => stated(call, wanted[i] ?? wanted[0]!)),
          wanted,
          `records of ${number}`,
        );
        for (const call of found) {
          sumsHold(t, call);
          await agreesWithJournal(t, scene, call);
        }
        agreesWithPhones(t, scene.lab.phones.log.slice(phones), number, found);
      }
      await scene.lab.phones.hangupAll();
      await waitFor('a quiet PBX', async () => (await scene.lab.pbx.channels()).length === 0, 10_000);
      t.equal(scene.calls.live.all().length, 0, 'nothing is left on the board');
      t.same(scene.calls.live.legsOfDevice('main', 'PJSIP/1001'), [], 'no leg is left at a device');
      const facts = scene.facts.slice(firstFact);
      const journal = (await journalLines(scene)).slice(firstLine);
      await keepTranscript({ name: scenario.name, facts, journal, expected });
    });
  }
}

function stageOf(scene: CallsScene): Stage {
  const { lab } = scene;
  let numbers = 0;
  const call: Stage['call'] = (from, to, callerId) => lab.phones.call({ from, to, callerId });
  const last: Stage['last'] = (ms = 300) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    lab,
    call,
    last,
    legsOf: (number) => scene.calls.live.legsOfDevice('main', `PJSIP/${number}`).length,
    number: () => `07${String(++numbers).padStart(8, '0')}`,
    async talk(from, to, called, callerId) {
      const arriving = lab.phones.nextCall(called, 15_000);
      const caller = await call(from, to, callerId);
      const other = await arriving;
      await Promise.all([caller.waitAnswered(15_000), other.waitAnswered()]);
      await last();
      return { caller, called: other };
    },
    async phase(number, phase) {
      const isThere = () => {
        const live = scene.live(number);
        return live.length === 1 && live[0]!.phase === phase;
      };
      await waitFor(`${number} to be ${phase}`, isThere, 15_000);
    },
  };
}

async function recordsSince(
  scene: CallsScene,
  number: string,
  sinceMs: number,
  count: number,
): Promise<Call[]> {
  const found = await scene.records(number, 0, 10_000);
  const recent = found.filter((call) => Date.parse(call.startedAt) >= sinceMs).reverse();
  if (recent.length >= count) return recent;
  const more = await scene.records(number, found.length + count - recent.length, 10_000);
  return more.filter((call) => Date.parse(call.startedAt) >= sinceMs).reverse();
}

export function sumsHold(t: Test, call: Call): void {
  const sum = call.menuMs + call.waitMs + call.talkMs + call.holdMs;
  t.equal(sum, Date.parse(call.endedAt!) - Date.parse(call.startedAt), 'the four durations make the whole');
  t.ok(call.ringMs <= call.waitMs, 'ringing is part of waiting');
}

const journalLines = async (scene: CallsScene): Promise<string[]> =>
  (await readFile(scene.lab.pbx.celFile, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

/** The PBX's own journal, which nothing of ours writes. Columns: scripts/lab/README.md. */
async function agreesWithJournal(t: Test, scene: CallsScene, call: Call): Promise<void> {
  const lines = parse(await readFile(scene.lab.pbx.celFile, 'utf8'), { relax_column_count: true });
  const rows = lines.filter((row) => row[2] === call.uniqueId);
  const first = rows.find(([event]) => event === 'CHAN_START');
  t.ok(first, 'its first channel is in the journal');
  near(t, call.startedAt, first?.[1], 'start');
  // A transferred or outbound call ends with another leg than its first.
  const end = rows.find(([event]) => event === 'CHAN_END');
  if (call.direction === 'inbound') near(t, call.endedAt!, end?.[1], 'end');
  if (call.direction !== 'inbound' || call.answeredAt === null) return;
  // The later of the two who meet makes the answer, whichever it is.
  const legs = new Set(call.legs.map(({ uniqueId }) => uniqueId));
  const differences = lines
    .filter(([event, , uniqueId]) => event === 'BRIDGE_ENTER' && legs.has(uniqueId ?? ''))
    .map(([, at]) => Math.abs(Date.parse(call.answeredAt!) - Number(at) * 1_000));
  t.ok(Math.min(...differences) <= 10, 'answered within 10 ms of the journal', { differences });
}

function near(t: Test, time: string, seconds: string | undefined, what: string): void {
  const difference = Math.abs(Date.parse(time) - Number(seconds) * 1_000);
  t.ok(difference <= 10, `${what} within 10 ms of the journal`, { difference });
}

/** The caller's own phone knows whether it hung up. */
function agreesWithPhones(t: Test, log: readonly PhoneCall[], number: string, found: readonly Call[]): void {
  const own = log.filter((call) => call.direction === 'out' && call.from.number === number);
  const [phone] = own;
  const [record] = found;
  if (own.length !== 1 || found.length !== 1 || !phone?.end || !record || record.direction !== 'inbound')
    return;
  t.equal(record.endedBy === 'customer', phone.end.byUs, 'the customer’s phone says the same of who hung up');
}

async function keepTranscript(transcript: Transcript): Promise<void> {
  const folder = process.env['VIGIE_TRANSCRIPTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  const file = `${transcript.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/-$/, '')}.json`;
  const calls = transcript.facts.filter((fact) => !['device-state', 'endpoint'].includes(fact.kind));
  const lines = calls.map((fact) => JSON.stringify(fact).replace(/line=[a-z]+/g, 'line=x')).join(',\n');
  const { name, expected } = transcript;
  const journal = transcript.journal
    .map((line) => JSON.stringify(line).replace(/line=[a-z]+/g, 'line=x'))
    .join(',\n');
  await writeFile(
    join(folder, file),
    `{"name":${JSON.stringify(name)},\n"expected":${JSON.stringify(expected)},\n"facts":[\n${lines}\n],\n"journal":[\n${journal}\n]}\n`,
  );
}
