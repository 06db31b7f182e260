import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../scripts/lab/random.ts';
import { type CallRecord, createFakeDatabase } from './fake-database.ts';
import { createFakePbx, type FakePbx } from './fake-pbx.ts';
import { openSimLog } from './sim-log.ts';
import { type SimServer, startSimServer } from './sim-server.ts';
import { makeTape, type Random, type Tape } from './tape.ts';
import { startVirtualTime } from './virtual-time.ts';

/** What happened in a scenario, for whoever judges it. */
export interface Outcome {
  seed: number;
  tapes: Played[];
  records: ReadonlyMap<string, CallRecord>;
  /** What was done to the server, in order, for people. */
  story: string[];
  /** What the board showed at quiet moments that was not so on the PBX, or did not show that was. */
  boardFaults: string[];
}

export interface Played {
  tape: Tape;
  /** Every fact of it was heard by a server that lived on and was connected all along. */
  isWhole: boolean;
  /** Asterisk stopped while it played. */
  wasCutByRestart: boolean;
  /** Unique ids of legs that some server heard of. */
  heard: ReadonlySet<string>;
  /** What a snapshot shows is dated to when its reading began: that much too early at most. */
  blurMs: number;
  /** And of those whose end it heard. */
  heardEnd: ReadonlySet<string>;
}

interface Step {
  atMs: number;
  what: string;
  act(): void | Promise<void>;
}

const beginMs = 1_800_000_000_000;
const quietLimitMs = 120_000;

/** One seed, one world: some calls, some faults, and what was recorded in the end. The same seed gives the same run. */
export async function runScenario(seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const time = startVirtualTime(beginMs);
  const story: string[] = [];
  const disk = mkdtempSync(join(tmpdir(), 'vigie-simulation-'));
  try {
    const pbx = createFakePbx(beginMs - 1_000_000);
    const database = createFakeDatabase(random);
    const network = {
      random,
      delayMaxMs: random.pick([2, 20, 200]),
      failureShare: random.pick([0, 0, 0.05]),
    };
    let runs = 0;
    const heard = new Memory();
    const heardEnd = new Memory();
    const boardFaults: string[] = [];
    let server: SimServer | null = null;
    const start = () => {
      server = startSimServer({
        pbx,
        database,
        network,
        log: openSimLog({
          path: join(disk, 'log.db'),
          run: `run-${++runs}`,
          syncMs: () => 5 + random.below(20),
        }),
        onFact(fact) {
          if ('leg' in fact) heard.add(fact.leg.uniqueId);
          else if (fact.kind === 'dial') heard.add(fact.peer.uniqueId);
          else if (fact.kind === 'leg-ended') heardEnd.add(fact.uniqueId);
        },
      });
    };
    start();
    await time.pass(3_000);

    const spreadMs = random.pick([20_000, 20_000, 150_000]);
    const tapes = makeTapes(random, spreadMs);
    const trouble = troublesOf(random, spreadMs);
    // Until it is certainly connected and has read everything.
    const repairMs = network.failureShare > 0 ? 20_000 : 1_500 + 20 * network.delayMaxMs;
    const disturbed = [{ from: beginMs, to: beginMs + repairMs }];
    const restarts: number[] = [];
    const steps: Step[] = [];
    for (const tape of tapes)
      for (const fact of tape.facts)
        steps.push({ atMs: fact.atMs, what: '', act: () => pbx.happen(tape, fact) });
    for (const { kind, atMs, lastsMs } of trouble) {
      const untilMs = atMs + lastsMs;
      const at = (ms: number, what: string, act: () => void) => steps.push({ atMs: ms, what, act });
      switch (kind) {
        case 'link':
          at(atMs, `link cut for ${lastsMs} ms`, () => {
            pbx.isReachable = false;
            server?.cutLink();
          });
          at(untilMs, 'link back', () => {
            pbx.isReachable = true;
          });
          break;
        case 'kill':
          at(atMs, `server killed for ${lastsMs} ms`, () => {
            server?.kill();
            server = null;
            heard.forgetSince(Date.now() - unsyncedMsMax);
            heardEnd.forgetSince(Date.now() - unsyncedMsMax);
          });
          at(untilMs, 'server started', () => {
            if (!server) start();
          });
          break;
        case 'database':
          at(atMs, `database away for ${lastsMs} ms`, () => {
            database.isAway = true;
          });
          at(untilMs, 'database back', () => {
            database.isAway = false;
          });
          continue;
        case 'restart':
          at(atMs, `PBX restarted, away for ${lastsMs} ms`, () => {
            pbx.isReachable = false;
            pbx.restart(atMs);
            restarts.push(atMs);
            server?.cutLink();
          });
          at(untilMs, 'PBX back', () => {
            pbx.isReachable = true;
          });
          break;
        default:
          kind satisfies never;
      }
      disturbed.push({ from: atMs - 1_000, to: untilMs + repairMs });
    }
    const lastMs = Math.max(...steps.map(({ atMs }) => atMs));
    for (let atMs = beginMs + 4_000; atMs < lastMs + 20_000; atMs += 700 + random.below(2_000)) {
      if (disturbed.some(({ from, to }) => from <= atMs && atMs < to)) continue;
      const quietSinceMs = Math.max(...disturbed.filter(({ to }) => to <= atMs).map(({ to }) => to));
      steps.push({
        atMs,
        what: '',
        act: () => void boardFaults.push(...boardFaultsAt(atMs, { tapes, pbx, server, quietSinceMs })),
      });
    }
    steps.sort((a, b) => a.atMs - b.atMs);
    for (const step of steps) {
      if (step.atMs > Date.now()) await time.pass(step.atMs - Date.now());
      if (step.what !== '') story.push(`${Date.now() - beginMs}: ${step.what}`);
      await step.act();
    }
    for (let waitedMs = 0; waitedMs < quietLimitMs; waitedMs += 1_000) {
      await time.pass(1_000);
      if (waitedMs >= 15_000 && server && (server as SimServer).isQuiet()) break;
    }
    await time.pass(12_000);
    const played = tapes.map((tape): Played => {
      const from = tape.facts[0]!.atMs;
      const to = tape.facts.at(-1)!.atMs;
      return {
        tape,
        isWhole:
          network.failureShare === 0 &&
          !disturbed.some((one) => one.from < to + 2_000 && from - 2_000 < one.to),
        wasCutByRestart: pbx.isDead(tape),
        heard: heard.ids(),
        heardEnd: heardEnd.ids(),
        blurMs: 8 * network.delayMaxMs,
      };
    });
    const ending = (server as SimServer | null)?.stop();
    await time.pass(10_000);
    await ending;
    return { seed, tapes: played, records: database.calls, story, boardFaults };
  } finally {
    time.end();
    rmSync(disk, { recursive: true, force: true });
  }
}

/** What was first heard in the last milliseconds before a kill is not on the disk yet. */
const unsyncedMsMax = 30;

class Memory {
  readonly #atMs = new Map<string, number>();

  add(id: string): void {
    if (!this.#atMs.has(id)) this.#atMs.set(id, Date.now());
  }
  forgetSince(ms: number): void {
    for (const [id, atMs] of this.#atMs) if (atMs >= ms) this.#atMs.delete(id);
  }
  ids(): ReadonlySet<string> {
    return new Set(this.#atMs.keys());
  }
}

/** A call is on the board for as long as one of its legs lives; delays of the network are allowed for. */
function boardFaultsAt(
  atMs: number,
  world: { tapes: readonly Tape[]; pbx: FakePbx; server: SimServer | null; quietSinceMs: number },
): string[] {
  const { tapes, pbx, server, quietSinceMs } = world;
  const skewMs = 1_500;
  const shown = new Map(server?.shown().map((call) => [call.uniqueId, call]));
  const faults: string[] = [];
  for (const tape of tapes) {
    for (const [uniqueId, call] of tape.truth) {
      const from = Date.parse(call.startedAt);
      const to = Date.parse(call.endedAt!);
      const isDead = pbx.isDead(tape);
      const is = shown.get(uniqueId);
      shown.delete(uniqueId);
      // A call of our own people that began unseen may be known by another of its legs, or by none.
      const mustBe = call.direction === 'inbound' || quietSinceMs < from;
      if (!is && !isDead && mustBe && from < atMs - skewMs && atMs < to)
        faults.push(`${tape.name} (${uniqueId}): not on the board at ${atMs - beginMs}`);
      if (is && (isDead || to < atMs - skewMs)) faults.push(`${tape.name} (${uniqueId}): still on the board`);
      const near = call.segments.filter(
        (one) => Date.parse(one.from) < atMs + skewMs && Date.parse(one.to!) > atMs - skewMs,
      );
      const surely = near.some(
        (one) => Date.parse(one.from) < atMs - skewMs && Date.parse(one.to!) > atMs + skewMs,
      );
      const isWrong =
        is?.phase === 'talking'
          ? near.length === 0
          : surely && !['on-hold', 'parked'].includes(is?.phase ?? '');
      if (is && call.direction === 'inbound' && !isDead && isWrong)
        faults.push(`${tape.name} (${uniqueId}): shown as ${is.phase}, which is not so`);
    }
    const over = pbx.isDead(tape) || tape.facts.at(-1)!.atMs < atMs - skewMs;
    for (const uniqueId of shown.keys())
      if (over && tape.legs.has(uniqueId)) faults.push(`${tape.name} (${uniqueId}): on the board, and over`);
  }
  return faults;
}

/** Within a time of quiet hours or of busy ones: the log turns its pages in the longer. */
function makeTapes(random: Random, spreadMs: number): Tape[] {
  const count = 3 + random.below(10);
  return Array.from({ length: count }, (_, i) =>
    makeTape(random, i + 1, beginMs + 3_500 + random.below(spreadMs)),
  );
}

interface Trouble {
  kind: 'link' | 'kill' | 'database' | 'restart';
  atMs: number;
  lastsMs: number;
}

/** One after the other, so that each ends before the next begins; from a tenth of a second to a minute, short ones oftener. */
function troublesOf(random: Random, spreadMs: number): Trouble[] {
  const kinds = [
    { kind: 'link', weight: 4 },
    { kind: 'kill', weight: 4 },
    { kind: 'database', weight: 2 },
    { kind: 'restart', weight: 1 },
  ] as const;
  const troubles: Trouble[] = [];
  let atMs = beginMs + 3_500;
  for (let left = random.below(4); left > 0; left--) {
    atMs += random.below(spreadMs / 2.5);
    const lastsMs = Math.round(100 * 600 ** (random.next() ** 2));
    troubles.push({ kind: random.weighted(kinds).kind, atMs, lastsMs });
    atMs += lastsMs;
  }
  return troubles;
}
