import { createHash } from 'node:crypto';

/** What one entry of the audit log says. `at` is ISO 8601, UTC, milliseconds. */
export interface AuditRecord {
  id: string;
  at: string;
  actorId: string | null;
  action: string;
  subjectId: string | null;
  callId: string | null;
  details: Record<string, unknown>;
}

/** The same in its place: each server has a chain, whose entries count from 1 and name the one before by its hash. */
export interface ChainedRecord extends AuditRecord {
  chainId: string;
  sequence: number;
  /** SHA-256, hexadecimal. */
  previousHash: string;
  hash: string;
}

/** What stands before the first entry of a chain. */
export const noHash = '0'.repeat(64);

/** The first entry of every chain; its details hold the public key that signs the chain's checkpoints. */
export const chainStartedAction = 'audit.chain-started';
/** Says what was purged; its details are a checkpoint. */
export const checkpointAction = 'audit.checkpoint';

/** SHA-256 of the entry's canonical form: a JSON array in this order, the keys of its details sorted. */
export function hashOf(record: Omit<ChainedRecord, 'hash'>): string {
  const { chainId, sequence, previousHash, id, at, actorId, action, subjectId, callId, details } = record;
  const place = [1, chainId, sequence, previousHash];
  const said = [id, at, actorId, action, subjectId, callId, sorted(details)];
  return createHash('sha256')
    .update(JSON.stringify([...place, ...said]))
    .digest('hex');
}

/** The record as the next of its chain. */
export function chained(record: AuditRecord, chainId: string, last: ChainHead): ChainedRecord {
  const placed = { ...record, chainId, sequence: last.sequence + 1, previousHash: last.hash };
  return { ...placed, hash: hashOf(placed) };
}

/** The end of a chain; of an empty one `{sequence: 0, hash: noHash}`. */
export interface ChainHead {
  sequence: number;
  hash: string;
}

/** Says that the entries up to `throughSequence` were purged, and which hash the rest builds on. */
export interface Checkpoint {
  chainId: string;
  throughSequence: number;
  throughHash: string;
  /** How many were purged, and when the first and the last of them were written. */
  entries: number;
  firstAt: string;
  lastAt: string;
  madeAt: string;
}

/** With who signed it: Ed25519, both base64url; the key is its SPKI form. */
export interface SignedCheckpoint extends Checkpoint {
  publicKey: string;
  signature: string;
}

/** What is signed. */
export const checkpointText = (c: Checkpoint): string =>
  JSON.stringify([
    'vigie-audit-checkpoint-1',
    ...[c.chainId, c.throughSequence, c.throughHash, c.entries, c.firstAt, c.lastAt, c.madeAt],
  ]);

const textLengthMax = 1_000;
const depthMax = 6;

/**
 * Details as every store keeps them the same: no NUL and no half surrogates, which PostgreSQL refuses, long texts cut,
 * nothing that is not JSON.
 */
export function cleanDetails(details: Record<string, unknown>): Record<string, unknown> {
  return clean(JSON.parse(JSON.stringify(details)), 0) as Record<string, unknown>;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return value.slice(0, textLengthMax).toWellFormed().replaceAll('\0', '\ufffd');
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return null;
  if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [clean(key, depth) as string, clean(one, depth + 1)]),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted((value as Record<string, unknown>)[key])]);
}
