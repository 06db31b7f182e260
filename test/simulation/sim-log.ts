import { copyFileSync, existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type LogFile, openLogFile } from '../../src/adapters/fact-log/log-file.ts';
import { createLogKeeper } from '../../src/adapters/fact-log/log-keeper.ts';
import type { PageRows } from '../../src/adapters/fact-log/thread-protocol.ts';
import {
  type EventLog,
  type FactCounter,
  isKept,
  type LegKey,
  type Page,
} from '../../src/ports/event-log.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import type { Random } from './tape.ts';

/** The disk of a server: what it does to the fact log. */
export interface SimDisk {
  /** The log's file. */
  path: string;
  random: Random;
  /** Nothing can be written. */
  isFull: boolean;
  /** What the server said of damage. */
  readonly damage: string[];
}

/** The fact log of one process of the server: its real file and its real keeper, without the thread. */
export interface SimLog extends Pick<EventLog, 'replay' | 'turnPage' | 'onChange' | 'synced'> {
  add(fact: TelephonyFact): void;
  /** What is not synced yet is lost; `isTorn`: the power went while a record was written, of which a part is there. */
  kill(isTorn: boolean): void;
  close(): void;
}

const source = 1;
const bytesMax = 64 * 1024 * 1024;
/** As the server gathers its own facts. */
const gatherMs = 5;

export function openSimLog(disk: SimDisk): SimLog {
  const kept: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
  const listeners = new Set<Parameters<EventLog['onChange']>[0]>();
  const crash = createCrash(disk.path);
  let pending: TelephonyFact[] = [];
  let timer: NodeJS.Timeout | undefined;
  let through = 0;
  let foldedBefore = 0;
  let page = 0;
  let isReplayed = false;
  let unturned: Pick<PageRows, 'carry' | 'over'> = { carry: [], over: [] };
  let life: 'alive' | 'being-torn' | 'dead' = 'alive';

  const keeper = createLogKeeper({
    path: disk.path,
    bytesMax,
    onState(state, isIncomplete) {
      if (life === 'alive') for (const listener of listeners) listener({ state, isIncomplete });
    },
    onDamage: (_, message) => disk.damage.push(message),
    open: (options) => onDisk(openLogFile(options)),
  });

  function onDisk(file: LogFile): LogFile {
    const assertWritable = () => {
      if (life === 'dead' || disk.isFull) throw new Error('database or disk is full');
    };
    return {
      ...file,
      append(batches) {
        assertWritable();
        const before = crash.journalBytes();
        file.append(batches);
        if (life === 'being-torn') crash.take(before + disk.random.below(crash.journalBytes() - before + 1));
      },
      turnPage(rows) {
        assertWritable();
        file.turnPage(rows);
      },
    };
  }

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    through += pending.length;
    const batch = { count: pending.length, through, lost: 0, text: JSON.stringify(pending) };
    pending = [];
    keeper.add({ source, kept, batch });
  }

  return {
    add(fact) {
      if (life !== 'alive' || !isKept(fact)) return;
      pending.push(fact);
      timer ??= setTimeout(send, gatherMs);
    },
    async synced() {
      send();
      if (through > 0) await keeper.synced(source, through);
    },
    async replay(reader) {
      let facts = 0;
      const { damaged } = await keeper.replay(async (left, texts) => {
        for (const text of texts) {
          if (left === 'over') reader.over(JSON.parse(text) as LegKey[]);
          else {
            const some = JSON.parse(text) as TelephonyFact[];
            facts += some.length;
            reader.facts(some);
          }
        }
      });
      isReplayed = true;
      return { facts, damaged };
    },
    turnPage({ carry, over }: Page) {
      if (life !== 'alive') return;
      send();
      page += isReplayed ? 1 : 0;
      const texts = carry.map(({ leg, facts }) => ({
        leg: JSON.stringify(leg),
        text: JSON.stringify(facts),
      }));
      const rows: PageRows = {
        page,
        carry: [...unturned.carry, ...texts],
        over: [...unturned.over, ...over],
        foldedBefore: [{ source, through: foldedBefore }],
        oldRunsGo: page >= 2,
      };
      foldedBefore = through;
      unturned = { carry: [], over: [] };
      try {
        keeper.use((file) => file.turnPage(rows));
      } catch {
        unturned = rows;
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    kill(isTorn) {
      if (isTorn) send();
      clearTimeout(timer);
      crash.take();
      life = isTorn ? 'being-torn' : 'dead';
      keeper.close();
      life = 'dead';
      crash.happen();
    },
    close() {
      send();
      keeper.close();
    },
  };
}

/** The file as a process leaves it that is killed: closing it in order would tidy it up. */
function createCrash(path: string) {
  const journal = `${path}-wal`;
  const files = [path, journal];
  return {
    journalBytes: () => (existsSync(journal) ? statSync(journal).size : 0),
    /** As it is now, with no more of its journal than that. */
    take(journalBytesMax = Number.POSITIVE_INFINITY): void {
      for (const file of files) if (existsSync(file)) copyFileSync(file, `${file}.crash`);
      const copy = `${journal}.crash`;
      if (existsSync(copy) && statSync(copy).size > journalBytesMax) truncateSync(copy, journalBytesMax);
    },
    happen(): void {
      for (const file of [...files, `${path}-shm`]) rmSync(file, { force: true });
      for (const file of files) if (existsSync(`${file}.crash`)) renameSync(`${file}.crash`, file);
    },
  };
}

/** Damages one record in the middle of a log that nobody has open. Returns the facts that it held. */
export function damageOne({ path, random }: SimDisk): TelephonyFact[] {
  const db = new DatabaseSync(path);
  try {
    const rows = db.prepare('select place, body from batches').all() as { place: number; body: string }[];
    if (rows.length < 3) return [];
    const { place, body } = rows[1 + random.below(rows.length - 2)]!;
    const facts = factsIn(body);
    const at = random.below(body.length);
    const other = body[at] === 'x' ? 'y' : 'x';
    db.prepare('update batches set body = ? where place = ?').run(
      body.slice(0, at) + other + body.slice(at + 1),
      place,
    );
    return facts;
  } finally {
    db.close();
  }
}

/** [] of one that was damaged before. */
function factsIn(body: string): TelephonyFact[] {
  try {
    return JSON.parse(body) as TelephonyFact[];
  } catch {
    return [];
  }
}
