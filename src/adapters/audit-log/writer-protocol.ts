import type { AuditRecord, ChainedRecord, SignedCheckpoint } from '../../ports/audit-chain.ts';
import type { LocalAuditState } from '../../ports/audit-log.ts';

/** What the server and the thread that writes the audit log say to one another. */
export interface WriterData {
  path: string;
  publicKey: string;
  readOnly: boolean;
  /** When a chain that is made now begins. */
  startedAt: string;
}

export type Wish =
  | { kind: 'append'; record: AuditRecord }
  | { kind: 'after'; sequence: number; limit: number }
  | { kind: 'probe' }
  | { kind: 'state' }
  | { kind: 'copied'; sequence: number }
  | { kind: 'purge'; checkpoint: SignedCheckpoint };

export type ToWriter = { number: number; wish: Wish } | { stop: true };

export type FromWriter =
  | { number: number; answer: ChainedRecord | ChainedRecord[] | LocalAuditState | null }
  | { number: number; failure: string }
  | { damage: object; message: string };
