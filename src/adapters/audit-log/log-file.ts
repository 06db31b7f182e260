import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import {
  type AuditRecord,
  type ChainedRecord,
  type ChainHead,
  chained,
  chainStartedAction,
  hashOf,
  noHash,
  type SignedCheckpoint,
} from '../../ports/audit-chain.ts';
import type { LocalAuditState } from '../../ports/audit-log.ts';
import { transaction } from '../../sqlite-journal/transaction.ts';
import { unfinishedFrames, walFrames } from '../../sqlite-journal/wal-file.ts';

/** The log's file, opened; every call is synchronous and throws what SQLite says. */
export interface LogFile {
  append(records: readonly AuditRecord[]): ChainedRecord[];
  /** Writes and syncs as an entry would, and leaves everything as it is. */
  probe(): void;
  after(sequence: number, limit: number): ChainedRecord[];
  state(): LocalAuditState;
  markCopied(sequence: number): void;
  purge(checkpoint: SignedCheckpoint): void;
  close(): void;
}

export interface LogFileOptions {
  path: string;
  publicKey: string;
  /** For reading only: nothing is made, nothing is written. */
  readOnly?: boolean;
  /** When a chain that is made now begins. */
  startedAt?: string;
  /** What opening found damaged. */
  onDamage?: (fields: object, message: string) => void;
}

const busyWaitMs = 2_000;
/** What a power cut can have touched is far less. */
const tailChecked = 100;
const purgedAtOnce = 5_000;

const schema = `
  create table if not exists chain (
    id text not null, copied integer not null default 0, checkpoint text
  ) strict;
  create table if not exists entries (
    sequence integer primary key, body text not null, previous_hash text not null, hash text not null
  ) strict`;

/** Opens the log, makes it when there is none, and looks at its end. Throws what SQLite says. */
export function openLogFile(options: LogFileOptions): LogFile {
  const { path, readOnly = false } = options;
  const before = readOnly ? null : walFrames(`${path}-wal`);
  const db = new DatabaseSync(path, { timeout: busyWaitMs, readOnly });
  try {
    if (!readOnly) prepare(db, options, before);
    return logFile(db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(
  db: DatabaseSync,
  { publicKey, startedAt, onDamage }: LogFileOptions,
  before: number | null,
): void {
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = off');
  transaction(db, () => {
    db.exec(schema);
    if (db.prepare('select 1 from chain').get()) return;
    const chainId = randomUUID();
    db.prepare('insert into chain (id) values (?)').run(chainId);
    const at = startedAt ?? new Date().toISOString();
    const first = { id: randomUUID(), at, actorId: null, subjectId: null, callId: null };
    const record = { ...first, action: chainStartedAction, details: { publicKey } };
    insert(db, [chained(record, chainId, { sequence: 0, hash: noHash })]);
  });
  const lost = before === null ? 0 : unfinishedFrames(db, before);
  if (lost > 0) onDamage?.({ frames: lost }, 'The audit log’s last record was not finished; it is left out');
  const damaged = damagedTail(db);
  if (damaged.length > 0)
    onDamage?.({ sequences: damaged }, 'Entries at the end of the audit log are damaged; the rest is used');
}

function logFile(db: DatabaseSync, { path }: LogFileOptions): LogFile {
  const inode = statSync(path).ino;
  const chainId = readChain(db).id;
  /** A file that was taken away would take what is written with it, without a word. */
  function assertThere(): void {
    if (statSync(path).ino !== inode) throw new Error('The audit log’s file was replaced');
  }
  return {
    probe() {
      assertThere();
      db.exec('update chain set copied = copied');
    },
    append(records) {
      assertThere();
      return transaction(db, () => {
        let head = readHead(db);
        const entries = records.map((record) => {
          head = chained(record, chainId, head);
          return head as ChainedRecord;
        });
        insert(db, entries);
        return entries;
      });
    },
    after: (sequence, limit) =>
      db
        .prepare('select * from entries where sequence > ? order by sequence limit ?')
        .all(sequence, limit)
        .map((row) => entryOf(row as unknown as Row, chainId)),
    state() {
      const { id, copied, checkpoint } = readChain(db);
      const lastSequence = readHead(db).sequence;
      const signed = checkpoint === null ? null : (JSON.parse(checkpoint) as SignedCheckpoint);
      return { chainId: id, lastSequence, copiedSequence: copied, publicKey: '', checkpoint: signed };
    },
    markCopied: (sequence) => {
      // Not worth a sync: if it is lost, some entries are copied twice, which changes nothing.
      db.exec('pragma synchronous = normal');
      db.prepare('update chain set copied = max(copied, ?)').run(sequence);
      db.exec('pragma synchronous = full');
    },
    purge(checkpoint) {
      db.prepare('update chain set checkpoint = ?').run(JSON.stringify(checkpoint));
      const some = db.prepare(
        'delete from entries where sequence in (select sequence from entries where sequence <= ? order by sequence limit ?)',
      );
      while (Number(some.run(checkpoint.throughSequence, purgedAtOnce).changes) === purgedAtOnce) {}
    },
    close: () => db.close(),
  };
}

interface Row {
  sequence: number;
  body: string;
  previous_hash: string;
  hash: string;
}

/** A body that is no longer one is an entry that says nothing: its hash will not fit. */
function entryOf({ sequence, body, previous_hash: previousHash, hash }: Row, chainId: string): ChainedRecord {
  const place = { chainId, sequence, previousHash, hash };
  try {
    return { ...(JSON.parse(body) as AuditRecord), ...place };
  } catch {
    const nothing = { actorId: null, subjectId: null, callId: null };
    return { id: '', at: '', action: '', ...nothing, details: { body }, ...place };
  }
}

function insert(db: DatabaseSync, entries: readonly ChainedRecord[]): void {
  const one = db.prepare('insert into entries (sequence, body, previous_hash, hash) values (?, ?, ?, ?)');
  for (const { chainId: _, sequence, previousHash, hash, ...record } of entries)
    one.run(sequence, JSON.stringify(record), previousHash, hash);
}

const readChain = (db: DatabaseSync) =>
  db.prepare('select id, copied, checkpoint from chain').get() as {
    id: string;
    copied: number;
    checkpoint: string | null;
  };

const readHead = (db: DatabaseSync): ChainHead =>
  (db.prepare('select sequence, hash from entries order by sequence desc limit 1').get() as
    | ChainHead
    | undefined) ?? { sequence: 0, hash: noHash };

function damagedTail(db: DatabaseSync): number[] {
  const chainId = readChain(db).id;
  const rows = db.prepare('select * from entries order by sequence desc limit ?').all(tailChecked);
  return rows
    .map((row) => entryOf(row as unknown as Row, chainId))
    .filter((entry) => hashOf(entry) !== entry.hash)
    .map(({ sequence }) => sequence);
}
