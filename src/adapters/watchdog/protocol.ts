/** How often a living server says so. */
export const beatEveryMs = 250;
/** So many of the watchdog's own ticks without a beat: the server is frozen. Ticks, not time: a sleeping machine counts none. */
export const beatsMissedMax = 6;

/** What the watchdog is told first, on one line. */
export interface WatchdogOrders {
  pid: number;
  /** Of every PBX. */
  aris: readonly { url: string; username: string; password: string; app: string }[];
  /** The server's mark on the PBX. */
  mark: string;
  orphanGraceMs: number;
}
