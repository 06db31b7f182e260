import type { Database } from '../../database/database.ts';
import { type AuditRecord, checkpointAction } from '../../ports/audit-chain.ts';
import type { LocalAuditLog } from '../../ports/audit-log.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  deleteEntries,
  findChains,
  findCheckpoints,
  findPurgeable,
  insertCheckpoint,
} from './chain.repository.ts';

export interface PurgeDeps {
  db: Database;
  local: LocalAuditLog;
  clock: Clock;
  append(record: Omit<AuditRecord, 'id' | 'at'>): Promise<unknown>;
  /** Waits until the local log is in the database. */
  caughtUp(): Promise<boolean>;
}

const purgedAtOnce = 5_000;

/**
 * Removes what was written before `month` (`YYYY-MM`, UTC) from the database and from the local log. A signed checkpoint
 * is written first and stands for it. Settles with how many entries were removed. Throws RangeError for a month that has
 * not begun, `audit-unavailable`, `database-unavailable`.
 */
export async function purgeEntries(deps: PurgeDeps, month: string): Promise<number> {
  const before = new Date(`${month}-01T00:00:00.000Z`);
  if (!/^\d{4}-\d\d$/.test(month) || !(before.getTime() <= deps.clock.now()))
    throw new RangeError(`not a month that has begun: ${month}`);
  // What the database has not got yet would be missing from the count.
  if (!(await deps.caughtUp())) return 0;
  let removed = 0;
  for (const chainId of await findChains(deps.db)) removed += await purgeChain(deps, chainId, before);
  return removed;
}

async function purgeChain(deps: PurgeDeps, chainId: string, before: Date): Promise<number> {
  const { db, local, clock } = deps;
  const leftOver = (await findCheckpoints(db)).findLast((one) => one.chainId === chainId);
  // Of a purge that was cut short.
  if (leftOver) await deleteThrough(db, chainId, leftOver.throughSequence);
  const found = await findPurgeable(db, chainId, before);
  const { chainId: ownId, checkpoint: known } = await local.state();
  if (leftOver && ownId === chainId && (known?.throughSequence ?? 0) < leftOver.throughSequence)
    await local.purge(leftOver);
  if (!found) return 0;
  const { sequence: throughSequence, hash: throughHash, entries } = found;
  const times = { firstAt: found.firstAt.toISOString(), lastAt: found.lastAt.toISOString() };
  const madeAt = new Date(clock.now()).toISOString();
  const checkpoint = await local.sign({ chainId, throughSequence, throughHash, entries, ...times, madeAt });
  const nobody = { actorId: null, subjectId: null, callId: null };
  await deps.append({ ...nobody, action: checkpointAction, details: { ...checkpoint } });
  await insertCheckpoint(db, checkpoint);
  await deleteThrough(db, chainId, throughSequence);
  if (ownId === chainId) await local.purge(checkpoint);
  return entries;
}

async function deleteThrough(db: Database, chainId: string, through: number): Promise<void> {
  while ((await deleteEntries(db, chainId, through, purgedAtOnce)) === purgedAtOnce) {}
}
