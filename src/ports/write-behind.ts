/** What waits for the database on this server's own disk, synced, while it is away: call records, supervisions. */
export interface WriteBehind {
  /** Settles when all are synced; one of the same key is replaced where it stands. Rejects when the disk does not serve. */
  put(kind: WaitingKind, items: readonly WaitingItem[]): Promise<void>;
  /** Those that have waited longest. */
  oldest(kind: WaitingKind, limit: number): Promise<WaitingItem[]>;
  /** Unless it was replaced meanwhile. */
  remove(kind: WaitingKind, items: readonly WaitingItem[]): Promise<void>;
  count(kind: WaitingKind): Promise<number>;
}

export type WaitingKind = 'call-record' | 'supervision';
export interface WaitingItem {
  key: string;
  /** JSON. */
  body: string;
}
