import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../scripts/lab/random.ts';
import { retryMs } from '../../src/adapters/fact-log/log-keeper.ts';
import { beginMs } from './begin.ts';
import { boardFaultsAt } from './board-verdict.ts';
import { type CallRecord, createFakeDatabase } from './fake-database.ts';
import { createFakePlace } from './fake-journal.ts';
import { createFakePbx } from './fake-pbx.ts';
import { damageOne, openSimLog, type SimDisk } from './sim-log.ts';
import { type SimServer, startSimServer } from './sim-server.ts';
import { makeTape, type Random, type Tape } from './tape.ts';
import { startVirtualTime } from './virtual-time.ts';

/** What happened in a scenario, for whoever judges it. */
export interface Outcome {
  seed: number;
  tapes: Played[];
  /** Whether the server follows the PBX's own journal: then no call is missed, and no end unknown. */
  hasJournal: boolean;
  records: ReadonlyMap<string, CallRecord>;
  /** What was done to the server, in order, for people. */
  story: string[];
  /** What the board showed at quiet moments that was not so on the PBX, or did not show that was. */
  boardFaults: string[];
  /** Damage that was done to the log, and not said. */
  unsaid: number;
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
  /** What was known of it was in a damaged piece of the log. */
  isDamaged: boolean;
}

interface Step {
  atMs: number;
  what: string;
  act(): void | Promise<void>;
}

const quietLimitMs = 120_000;

/** One seed, one world: some calls, some faults, and what was recorded in the end. The same seed gives the same run. */
export async function runScenario(seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const time = startVirtualTime(beginMs);
  const story: string[] = [];
  // Whether a real disk has synced is not what is tried here.
  const folder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const disk = mkdtempSync(join(folder, 'vigie-simulation-'));
  try {
    const pbx = createFakePbx(beginMs - 1_000_000);
    const database = createFakeDatabase(random);
    const network = {
      random,
      delayMaxMs: random.pick([2, 20, 200]),
      failureShare: random.pick([0, 0, 0.05]),
    };
    const place = random.next() < 0.5 ? createFakePlace() : null;
    const drive: SimDisk = { path: join(disk, 'log.db'), random, isFull: false, damage: [] };
    const damaged = new Set<string>();
    let damageDone = 0;
    const heard = new Memory();
    const heardEnd = new Memory();
    const boardFaults: string[] = [];
    let server: SimServer | null = null;
    const start = () => {
      server = startSimServer({
        pbx,
        database,
        network,
        log: openSimLog(drive),
        place,
        onFact(fact) {
          // Of a wire that was only just laid, nobody knows whether it begins a call.
          const isWire = fact.kind === 'leg-created' && fact.leg.channel.startsWith('Local/');
          if ('leg' in fact && !isWire) heard.add(fact.leg.uniqueId);
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
    let fullSinceMs = 0;
    let roomAgainMs = 0;
    const steps: Step[] = [];
    for (const tape of tapes)
      for (const fact of tape.facts)
        steps.push({ atMs: fact.atMs, what: '', act: () => pbx.happen(tape, fact) });
    for (const tape of tapes)
      for (const { atMs, line } of tape.journal)
        steps.push({ atMs, what: '', act: () => pbx.write(tape, line) });
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
        case 'kill': {
          const isTorn = random.next() < 0.3;
          const isDamaged = random.next() < 0.15;
          at(atMs, `server killed${isTorn ? ' as it wrote' : ''} for ${lastsMs} ms`, () => {
            server?.kill(isTorn);
            server = null;
            // The disk is asked again only after a while.
            const isRefusing = drive.isFull || Date.now() < roomAgainMs + retryMs;
            const unsyncedMs = isRefusing ? Date.now() - fullSinceMs : 0;
            heard.forgetSince(Date.now() - unsyncedMs - unsyncedMsMax);
            heardEnd.forgetSince(Date.now() - unsyncedMs - unsyncedMsMax);
          });
          if (isDamaged)
            at(untilMs, 'log damaged', () => {
              const lost = damageOne(drive).map((fact) => JSON.stringify(fact));
              if (lost.length > 0) damageDone += 1;
              for (const { legs } of tapes)
                if (lost.some((text) => [...legs].some((id) => text.includes(`"${id}"`))))
                  for (const id of legs) damaged.add(id);
            });
          at(untilMs, 'server started', () => {
            if (!server) start();
          });
          break;
        }
        case 'disk':
          at(atMs, `log disk full for ${lastsMs} ms`, () => {
            if (!drive.isFull && atMs >= roomAgainMs + retryMs) fullSinceMs = atMs;
            drive.isFull = true;
          });
          at(untilMs, 'log disk has room', () => {
            drive.isFull = false;
            roomAgainMs = untilMs;
          });
          continue;
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
        isDamaged: [...tape.legs].some((id) => damaged.has(id)),
      };
    });
    const ending = (server as SimServer | null)?.stop();
    await time.pass(10_000);
    await ending;
    const said = drive.damage.filter((message) => message.includes('damaged and left out')).length;
    const unsaid = Math.max(0, damageDone - said);
    const hasJournal = place !== null;
    return { seed, tapes: played, hasJournal, records: database.calls, story, boardFaults, unsaid };
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

/** Within a time of quiet hours or of busy ones: the log turns its pages in the longer. */
function makeTapes(random: Random, spreadMs: number): Tape[] {
  const count = 3 + random.below(10);
  return Array.from({ length: count }, (_, i) =>
    makeTape(random, i + 1, beginMs + 3_500 + random.below(spreadMs)),
  );
}

interface Trouble {
  kind: 'link' | 'kill' | 'database' | 'disk' | 'restart';
  atMs: number;
  lastsMs: number;
}

/**
 * One after the other, so that each ends before the next begins, but for a database and a disk that take nothing: they may
 * last through the next. From a tenth of a second to a minute, short ones oftener.
 */
function troublesOf(random: Random, spreadMs: number): Trouble[] {
  const kinds = [
    { kind: 'link', weight: 4 },
    { kind: 'kill', weight: 6 },
    { kind: 'database', weight: 2 },
    { kind: 'disk', weight: 2 },
    { kind: 'restart', weight: 1 },
  ] as const;
  const troubles: Trouble[] = [];
  let atMs = beginMs + 3_500;
  for (let left = random.below(random.pick([4, 4, 10])); left > 0; left--) {
    atMs += random.below(spreadMs / 2.5);
    const lastsMs = Math.round(100 * 600 ** (random.next() ** 2));
    const { kind } = random.weighted(kinds);
    troubles.push({ kind, atMs, lastsMs });
    if (kind !== 'database' && kind !== 'disk') atMs += lastsMs;
  }
  return troubles;
}
