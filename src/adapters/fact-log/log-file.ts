import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { WaitingItem } from '../../ports/write-behind.ts';
import { transaction } from '../../sqlite-journal/transaction.ts';
import { unfinishedFrames, walFrames } from '../../sqlite-journal/wal-file.ts';
import type { BatchRow, PageRows, Position } from './thread-protocol.ts';

/** The log's file, opened; every call is synchronous and throws what SQLite says. */
export interface LogFile {
  /** Synced when it returns. */
  append(batches: readonly BatchRow[]): void;
  /** See `EventLog.turnPage`. */
  turnPage(page: PageRows): void;
  /** What earlier runs have left. */
  pieces: LeftPieces;
  put(kind: string, items: readonly WaitingItem[]): void;
  oldest(kind: string, limit: number): WaitingItem[];
  remove(kind: string, items: readonly WaitingItem[]): void;
  count(kind: string): number;
  close(): void;
}

export type PieceKind = 'over' | 'carried' | 'batches';
export interface Piece {
  place: number;
  text: string;
  /** False when it is not what was written. */
  isWhole: boolean;
}
/** Some pieces after (or, from the end, before) a place. */
export type LeftPieces = (
  kind: PieceKind,
  from: { after: number } | { before: number },
  limit: number,
) => Piece[];

export interface LogFileOptions {
  path: string;
  /** Names this run of the server: what it finds from others is what they left. */
  run: string;
  bytesMax: number;
  /** What opening found damaged. */
  onDamage(fields: object, message: string): void;
}

const busyWaitMs = 2_000;
const pageBytes = 4_096;
/** The journal is cut back to this after it has grown. */
const journalBytes = 16 * 1024 * 1024;
/** Facts of a leg may come that late after it was over, and be left out. */
const pagesOverIsRemembered = 10;
const freedAtOnce = 2_000;

const schema = `
  create table if not exists batches (
    place integer primary key, run text not null, source integer not null, through integer not null,
    crc integer not null, body text not null
  ) strict;
  create table if not exists carried (
    place integer primary key, run text not null, leg text not null, crc integer not null, body text not null
  ) strict;
  create index if not exists carried_by_leg on carried (leg);
  create table if not exists over (
    place integer primary key, run text not null, page integer not null, crc integer not null, body text not null
  ) strict;
  create table if not exists waiting (
    place integer primary key, kind text not null, key text not null, body text not null, unique (kind, key)
  ) strict`;

/** Opens the log and makes it when there is none. Throws what SQLite says; `isDamage` tells a file that is none any more. */
export function openLogFile(options: LogFileOptions): LogFile {
  const { path, bytesMax, onDamage } = options;
  const before = walFrames(`${path}-wal`);
  const db = new DatabaseSync(path, { timeout: busyWaitMs });
  try {
    const lost = before === null ? 0 : unfinishedFrames(db, before);
    db.exec(`pragma page_size = ${pageBytes}; pragma auto_vacuum = incremental;
      pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = ${journalBytes};
      pragma max_page_count = ${Math.floor(bytesMax / pageBytes)}`);
    db.exec(schema);
    if (lost > 0) onDamage({ frames: lost }, 'The fact log’s last record was not finished; it is cut off');
    return logFile(db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
export function isDamage(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && [11, 26].includes(errcode & 0xff);
}

function logFile(db: DatabaseSync, { path, run }: LogFileOptions): LogFile {
  const inode = statSync(path).ino;
  const insert = db.prepare('insert into batches (run, source, through, crc, body) values (?, ?, ?, ?, ?)');
  const wait = db.prepare(
    'insert into waiting (kind, key, body) values (?, ?, ?) on conflict (kind, key) do update set body = excluded.body',
  );
  const unwait = db.prepare('delete from waiting where kind = ? and key = ? and body = ?');
  return {
    append(batches) {
      // A file that was taken away would take what is written with it, without a word.
      if (statSync(path).ino !== inode) throw new Error('its file was replaced');
      transaction(db, () => {
        for (const { source, through, text } of batches) insert.run(run, source, through, crc32(text), text);
      });
    },
    turnPage: (page) => transaction(db, () => turn(db, run, page)),
    pieces: (kind, from, limit) => {
      const [side, order, place] =
        'after' in from ? ['>', 'asc', from.after] : (['<', 'desc', from.before] as const);
      const rows = db
        .prepare(
          `select place, crc, body from ${kind} where place ${side} ? and run <> ? order by place ${order} limit ?`,
        )
        .all(place, run, limit) as unknown as { place: number; crc: number; body: string }[];
      return rows.map((row) => ({ place: row.place, text: row.body, isWhole: crc32(row.body) === row.crc }));
    },
    put: (kind, items) =>
      transaction(db, () => {
        for (const { key, body } of items) wait.run(kind, key, body);
      }),
    oldest: (kind, limit) =>
      db
        .prepare('select key, body from waiting where kind = ? order by place limit ?')
        .all(kind, limit) as unknown as WaitingItem[],
    remove: (kind, items) =>
      transaction(db, () => {
        for (const { key, body } of items) unwait.run(kind, key, body);
        free(db);
      }),
    count: (kind) =>
      (db.prepare('select count(*) as n from waiting where kind = ?').get(kind) as { n: number }).n,
    close: () => db.close(),
  };
}

function turn(db: DatabaseSync, run: string, { page, carry, over, foldedBefore, oldRunsGo }: PageRows): void {
  const keep = db.prepare('insert into carried (run, leg, crc, body) values (?, ?, ?, ?)');
  for (const { leg, text } of carry) keep.run(run, leg, crc32(text), text);
  const legs = JSON.stringify(over.map((leg) => JSON.stringify(leg)));
  db.prepare('delete from carried where leg in (select value from json_each(?))').run(legs);
  const gone = JSON.stringify(over);
  if (over.length > 0)
    db.prepare('insert into over (run, page, crc, body) values (?, ?, ?, ?)').run(
      run,
      page,
      crc32(gone),
      gone,
    );
  db.prepare('delete from over where run = ? and page < ?').run(run, page - pagesOverIsRemembered);
  const done = db.prepare('delete from batches where run = ? and source = ? and through <= ?');
  for (const { source, through } of foldedBefore satisfies Position[]) done.run(run, source, through);
  if (oldRunsGo)
    for (const table of ['batches', 'carried', 'over'])
      db.prepare(`delete from ${table} where run <> ?`).run(run);
  free(db);
}

/** Gives room back to the disk, some at a time. */
const free = (db: DatabaseSync): void => db.exec(`pragma incremental_vacuum(${freedAtOnce})`);
