import { createPublicKey, verify as verifySignature } from 'node:crypto';
import type { AuditVerification } from '../../contract/audit.ts';
import type { Database } from '../../database/database.ts';
import {
  type ChainedRecord,
  type Checkpoint,
  chainStartedAction,
  checkpointAction,
  checkpointText,
  hashOf,
  type SignedCheckpoint,
} from '../../ports/audit-chain.ts';
import type { LocalAuditLog, LocalAuditState } from '../../ports/audit-log.ts';
import type { Clock } from '../../ports/clock.ts';
import { isAdoptionDone } from './adopt-entries.ts';
import {
  findChains,
  findCheckpoints,
  findReasons,
  findUnchained,
  readChainPage,
  type StoredEntry,
} from './chain.repository.ts';
import { createChainCheck } from './chain-check.ts';
import { createFaults, type Faults, faultsToldMax } from './faults.ts';
import { createLocalReader } from './local-reader.ts';
import { reasonHash } from './reason-hash.ts';

export const chainAdoptedAction = 'audit.chain-adopted';

export interface VerifyDeps {
  db: Database;
  /** Null: there is none here to compare with. */
  local: LocalAuditLog | null;
  clock: Clock;
}

const pageSize = 1_000;
const keysMax = 1_000;
const firstId = '00000000-0000-0000-0000-000000000000';

/** What one verification carries along. */
interface Run extends VerifyDeps {
  faults: Faults;
  /** Public keys that chains have named as their servers'. */
  keys: Set<string>;
  /** Chains of before, as the log says they were adopted. */
  adopted: Map<string, { lastSequence: number; lastHash: string }>;
  chains: (AuditVerification['chains'][number] & { localEntries: number })[];
}

/**
 * Reads the whole log, some entries at a time: every chain of the database for itself, and this server's own against the
 * log on its disk. Throws `database-unavailable`.
 */
export async function verifyAudit(deps: VerifyDeps): Promise<AuditVerification> {
  for (;;) {
    const before = await findCheckpoints(deps.db);
    const result = await verifyOnce(deps, before);
    // A purge passed by: what it removed is not missing.
    const after = await findCheckpoints(deps.db);
    if (after.length === before.length) return result;
  }
}

async function verifyOnce(deps: VerifyDeps, checkpoints: SignedCheckpoint[]): Promise<AuditVerification> {
  const startedAtMs = deps.clock.now();
  const run: Run = { ...deps, faults: createFaults(), keys: new Set(), adopted: new Map(), chains: [] };
  const { local, state } = await readState(run);
  if (state) run.keys.add(state.publicKey);
  const found = await findChains(deps.db);
  const own = state?.chainId;
  for (const chainId of own && !found.includes(own) ? [...found, own] : found) {
    const latest = checkpoints.findLast((one) => one.chainId === chainId) ?? null;
    const compared = chainId === own ? { local: local!, state: state! } : null;
    run.chains.push(await verifyChain(run, chainId, latest, compared));
  }
  await tellUnchained(run);
  tellAdopted(run, checkpoints);
  for (const checkpoint of checkpoints) tellCheckpoint(run, checkpoint, state);
  const { faults, chains } = run;
  const localEntries = chains.find((one) => one.own)?.localEntries ?? 0;
  return {
    intact: faults.count === 0,
    checkedAt: new Date(startedAtMs).toISOString(),
    tookMs: Math.round(deps.clock.now() - startedAtMs),
    databaseEntries: chains.reduce((sum, { entries }) => sum + entries, 0),
    localEntries,
    notYetCopied: state ? Math.max(0, state.lastSequence - state.copiedSequence) : 0,
    chains: chains.map(({ localEntries: _, ...chain }) => chain),
    faults: faults.told,
    faultCount: faults.count,
  };
}

/** The local log's state; without it the database is verified for itself, and the result says so. */
async function readState({
  local,
  faults,
}: Run): Promise<{ local: LocalAuditLog | null; state: LocalAuditState | null }> {
  if (!local) return { local: null, state: null };
  try {
    return { local, state: await local.state() };
  } catch (error) {
    faults.add({ kind: 'unreadable', where: 'local', detail: said(error) });
    return { local: null, state: null };
  }
}

async function verifyChain(
  run: Run,
  chainId: string,
  checkpoint: SignedCheckpoint | null,
  compared: { local: LocalAuditLog; state: LocalAuditState } | null,
): Promise<Run['chains'][number]> {
  const { db, faults } = run;
  let settled: ChainedRecord[] = [];
  const onEntry = (entry: ChainedRecord) => void settled.push(entry);
  const check = createChainCheck({ chainId, where: 'database', checkpoint, faults, onEntry });
  const comparison = compared && createComparison(run, compared);
  const pass = async () => {
    const entries = settled;
    settled = [];
    noteNews(run, entries);
    await tellReasons(run, entries);
    await comparison?.take(entries);
  };
  for (let after = { sequence: 0, id: firstId }; ; ) {
    const page: StoredEntry[] = await readChainPage(db, chainId, after, pageSize);
    for (const entry of page) check.take(entry);
    await pass();
    if (page.length < pageSize) break;
    after = page.at(-1)!;
  }
  const { sequence: lastSequence, hash: lastHash, entries, firstSequence } = check.end();
  await pass();
  const localEntries = (await comparison?.end(lastSequence)) ?? 0;
  const purgedThrough = checkpoint?.throughSequence ?? 0;
  const ends = { firstSequence, lastSequence, lastHash, purgedThrough };
  return { chainId, own: compared !== null, entries, localEntries, ...ends };
}

/** The local log, followed beside the database's copy of it. */
function createComparison(
  { faults }: Run,
  { local, state }: { local: LocalAuditLog; state: LocalAuditState },
) {
  const { chainId, checkpoint } = state;
  const check = createChainCheck({ chainId, where: 'local', checkpoint, faults, onEntry: () => {} });
  const reader = createLocalReader(local, 0);
  let entries = 0;
  let isReadable = true;

  async function next(): Promise<ChainedRecord | undefined> {
    if (!isReadable) return undefined;
    try {
      return await reader.peek();
    } catch (error) {
      isReadable = false;
      faults.add({ kind: 'unreadable', where: 'local', chainId, detail: said(error) });
      return undefined;
    }
  }
  function takeLocal(entry: ChainedRecord): void {
    check.take(entry);
    entries += 1;
    reader.take();
  }
  async function compare(entry: ChainedRecord): Promise<void> {
    let ours = await next();
    for (; ours && ours.sequence < entry.sequence; ours = await next()) takeLocal(ours);
    const place = { where: 'database', chainId, sequence: entry.sequence, entryId: entry.id } as const;
    if (!ours) {
      const detail = 'the local log ends before it';
      if (isReadable) faults.add({ kind: 'inserted', ...place, detail });
    } else if (ours.sequence === entry.sequence) {
      const detail = 'it is not what the local log has';
      if (ours.hash !== entry.hash && isWhole(entry) && isWhole(ours))
        faults.add({ kind: 'changed', ...place, detail });
      takeLocal(ours);
    }
  }

  return {
    async take(some: readonly ChainedRecord[]): Promise<void> {
      for (const entry of some) await compare(entry);
    },
    /** After the database's last; says how many there were here. */
    async end(lastSequence: number): Promise<number> {
      for (let ours = await next(); ours; ours = await next()) takeLocal(ours);
      if (isReadable) check.end();
      if (lastSequence < state.copiedSequence) {
        const detail = 'they had been copied and are not there';
        const [sequence, toSequence] = [lastSequence + 1, state.copiedSequence];
        faults.add({ kind: 'missing', where: 'database', chainId, sequence, toSequence, detail });
      }
      return entries;
    },
  };
}

const isWhole = (entry: ChainedRecord): boolean => hashOf(entry) === entry.hash;

/** What entries themselves say of keys and chains. */
function noteNews({ keys, adopted }: Run, entries: readonly ChainedRecord[]): void {
  for (const { action, details } of entries) {
    const key = details?.['publicKey'];
    if ((action === chainStartedAction || action === checkpointAction) && typeof key === 'string') {
      if (keys.size < keysMax) keys.add(key);
    }
    if (action === chainAdoptedAction)
      adopted.set(String(details['adopted']), {
        lastSequence: Number(details['entries']),
        lastHash: String(details['lastHash']),
      });
  }
}

async function tellReasons({ db, faults }: Run, entries: readonly ChainedRecord[]): Promise<void> {
  const withReason = entries.filter(
    ({ details }) => details?.['reasonHash'] && isUuid(details['supervisionId']),
  );
  const reasons = await findReasons(
    db,
    withReason.map(({ details }) => String(details['supervisionId'])),
  );
  for (const { id, chainId, sequence, details } of withReason) {
    const reason = reasons.get(String(details['supervisionId']));
    if (reason === undefined || reasonHash(id, reason) === details['reasonHash']) continue;
    const place = { where: 'database', chainId, sequence, entryId: id } as const;
    faults.add({ kind: 'reason-changed', ...place, detail: 'the reason beside the supervision is another' });
  }
}

const isUuid = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);

/** Entries outside every chain: until the adoption of those of before is over, they are on their way. */
async function tellUnchained({ db, faults }: Run): Promise<void> {
  if (!(await isAdoptionDone(db))) return;
  for (const { id } of await findUnchained(db, faultsToldMax))
    faults.add({ kind: 'inserted', where: 'database', entryId: id, detail: 'it is in no chain' });
}

function tellAdopted({ adopted, chains, faults }: Run, checkpoints: readonly SignedCheckpoint[]): void {
  for (const [chainId, { lastSequence, lastHash }] of adopted) {
    const chain = chains.find((one) => one.chainId === chainId);
    if (chain?.lastHash === lastHash) continue;
    if (checkpoints.some((one) => one.chainId === chainId && one.throughHash === lastHash)) continue;
    const sequence = Math.min(chain?.lastSequence ?? 0, lastSequence - 1) + 1;
    const detail = 'the chain of the entries of before does not end as it did when it was adopted';
    const range = { sequence, toSequence: lastSequence };
    faults.add({ kind: 'missing', where: 'database', chainId, ...range, detail });
  }
}

function tellCheckpoint(
  { keys, faults }: Run,
  checkpoint: SignedCheckpoint,
  state: LocalAuditState | null,
): void {
  const { chainId, throughSequence: sequence, publicKey } = checkpoint;
  const place = { where: 'database', chainId, sequence } as const;
  if (!isSigned(checkpoint))
    faults.add({ kind: 'checkpoint', ...place, detail: 'its signature does not fit' });
  else if (!keys.has(publicKey))
    faults.add({ kind: 'checkpoint', ...place, detail: 'no server of these chains has signed it' });
  const known = state?.chainId === chainId ? state.checkpoint : null;
  if (known?.throughSequence === sequence && known.throughHash !== checkpoint.throughHash)
    faults.add({ kind: 'checkpoint', ...place, detail: 'the local log has another one' });
}

function isSigned(checkpoint: SignedCheckpoint): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(checkpoint.publicKey, 'base64url'),
      format: 'der',
      type: 'spki',
    });
    const text = Buffer.from(checkpointText(checkpoint satisfies Checkpoint));
    return verifySignature(null, text, key, Buffer.from(checkpoint.signature, 'base64url'));
  } catch {
    return false;
  }
}

const said = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
};
