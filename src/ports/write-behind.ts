/** What waits for the database on this server's own disk, synced, while it is away: see `waitingKinds`. */
export interface WriteBehind {
  /** Settles when all are synced; one of the same key is replaced where it stands. Rejects when the disk does not serve. */
  put(kind: WaitingKind, items: readonly WaitingItem[]): Promise<void>;
  /** Those that have waited longest. */
  oldest(kind: WaitingKind, limit: number): Promise<WaitingItem[]>;
  /** Unless it was replaced meanwhile. */
  remove(kind: WaitingKind, items: readonly WaitingItem[]): Promise<void>;
  count(kind: WaitingKind): Promise<number>;
}

export const waitingKinds = ['call-record', 'supervision', 'kept-reply'] as const;
export type WaitingKind = (typeof waitingKinds)[number];
export interface WaitingItem {
  key: string;
  /** JSON. */
  body: string;
}
