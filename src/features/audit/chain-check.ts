import type { AuditFault } from '../../contract/audit.ts';
import {
  type ChainedRecord,
  type ChainHead,
  type Checkpoint,
  hashOf,
  noHash,
} from '../../ports/audit-chain.ts';
import type { Faults } from './faults.ts';

export interface ChainCheckOptions {
  chainId: string;
  where: AuditFault['where'];
  /** What was purged. */
  checkpoint: Checkpoint | null;
  faults: Faults;
  /** Each sequence number's one entry that counts, in their order. */
  onEntry(entry: ChainedRecord): void;
}

/** Follows one chain, entry by entry in the order of their numbers (equal numbers stand together). */
export interface ChainCheck {
  take(entry: ChainedRecord): void;
  /** After the last; says where the chain ends. */
  end(): ChainHead & { entries: number; firstSequence: number };
}

/** How far away an entry that does not fit its place is looked for. */
const movedAtMost = 200;

export function createChainCheck({
  chainId,
  where,
  checkpoint,
  faults,
  onEntry,
}: ChainCheckOptions): ChainCheck {
  const purged = checkpoint
    ? { sequence: checkpoint.throughSequence, hash: checkpoint.throughHash }
    : { sequence: 0, hash: noHash };
  let last: ChainHead | null = null;
  let lastWasFaulty = false;
  let candidate: ChainedRecord | null = null;
  let candidateFits = false;
  let entries = 0;
  let firstSequence = 0;

  const tell = (kind: AuditFault['kind'], entry: ChainedRecord, detail: string) =>
    faults.add({ kind, where, chainId, sequence: entry.sequence, entryId: entry.id, detail });

  /** A purge that was cut short leaves the end of what it was to remove: it still leads up to the checkpoint. */
  function startAt(entry: ChainedRecord): ChainHead {
    if (entry.sequence > purged.sequence) return purged;
    return { sequence: entry.sequence - 1, hash: entry.previousHash };
  }

  /** The entry of this number that counts is known. */
  function settle(): void {
    if (!candidate) return;
    const entry = candidate;
    const before = last ?? startAt(entry);
    const isWhole = hashOf(entry) === entry.hash;
    if (entry.sequence > before.sequence + 1) tellGap(before.sequence + 1, entry.sequence - 1);
    else if (entry.previousHash !== before.hash && isWhole && !lastWasFaulty) tellBroken(before, entry);
    if (!isWhole) tellChanged(entry);
    if (checkpoint && entry.sequence === purged.sequence && entry.hash !== purged.hash)
      tell('checkpoint', entry, 'it is not the entry that the checkpoint was made of');
    lastWasFaulty = !isWhole;
    firstSequence ||= entry.sequence;
    entries += 1;
    last = { sequence: entry.sequence, hash: entry.hash };
    candidate = null;
    onEntry(entry);
  }

  function tellGap(from: number, to: number): void {
    const detail = from === to ? 'there is no such entry' : `${to - from + 1} entries are not there`;
    faults.add({ kind: 'missing', where, chainId, sequence: from, toSequence: to, detail });
  }

  function tellBroken(before: ChainHead, entry: ChainedRecord): void {
    if (before.sequence === purged.sequence && purged.sequence > 0)
      tell('checkpoint', entry, 'it does not build on the entry that the checkpoint names');
    else if (before.sequence === 0) tell('changed', entry, 'the first entry names one before it');
    else {
      const detail = `it is not the entry that ${entry.sequence} was built on`;
      faults.add({ kind: 'changed', where, chainId, sequence: before.sequence, detail });
    }
  }

  function tellChanged(entry: ChainedRecord): void {
    const from = placeOf(entry);
    if (from === null) tell('changed', entry, 'what it says is not what was written');
    else tell('moved', entry, `it was written as entry ${from}`);
  }

  /** Of two with one number, the one that is whole and builds on the one before. */
  function fits(entry: ChainedRecord): boolean {
    return entry.previousHash === (last ?? startAt(entry)).hash && hashOf(entry) === entry.hash;
  }

  function contend(entry: ChainedRecord): void {
    const winner = !candidateFits && fits(entry) ? entry : candidate!;
    const loser = winner === entry ? candidate! : entry;
    candidateFits ||= winner === entry;
    candidate = winner;
    tell('inserted', loser, 'another entry has this number');
  }

  return {
    take(entry) {
      if (candidate && candidate.sequence === entry.sequence) {
        candidateFits ||= fits(candidate);
        contend(entry);
        return;
      }
      settle();
      candidate = entry;
      candidateFits = false;
    },
    end() {
      settle();
      const head = last ?? purged;
      if (head.sequence < purged.sequence) tellGap(head.sequence + 1, purged.sequence);
      return { ...head, entries, firstSequence };
    },
  };
}

/** The number with which the entry is whole; null when there is none nearby. */
function placeOf(entry: ChainedRecord): number | null {
  for (let away = 1; away <= movedAtMost; away++) {
    for (const sequence of [entry.sequence - away, entry.sequence + away]) {
      if (sequence > 0 && hashOf({ ...entry, sequence }) === entry.hash) return sequence;
    }
  }
  return null;
}
