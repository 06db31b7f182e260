import type { AuditRecord, ChainedRecord, Checkpoint, SignedCheckpoint } from './audit-chain.ts';

/**
 * The audit log on this server's own disk. Every verb rejects with `audit-unavailable` when the disk, or what is on it,
 * does not serve.
 */
export interface LocalAuditLog {
  /** Settles when the entry is synced. Entries written at once share one sync. */
  append(record: AuditRecord): Promise<ChainedRecord>;
  /** Settles when something was written and synced, though no entry: one could be. */
  probe(): Promise<void>;
  /** Those after `sequence`, in their order, at most `limit`. */
  after(sequence: number, limit: number): Promise<ChainedRecord[]>;
  state(): Promise<LocalAuditState>;
  /** Those up to `sequence` are in the database too. */
  markCopied(sequence: number): Promise<void>;
  /** Signs it with this server's key. */
  sign(checkpoint: Checkpoint): Promise<SignedCheckpoint>;
  /** Removes the entries up to the checkpoint, which stands for them from now on. */
  purge(checkpoint: SignedCheckpoint): Promise<void>;
  close(): Promise<void>;
}

export interface LocalAuditState {
  chainId: string;
  lastSequence: number;
  copiedSequence: number;
  publicKey: string;
  checkpoint: SignedCheckpoint | null;
}
