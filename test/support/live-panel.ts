/** A panel without a screen: follows `/live` as a browser does and remembers what it showed when. */
import { io } from 'socket.io-client';
import type { LiveChange, LiveSnapshot } from '../../src/contract/live.ts';
import { queueKey } from '../../src/contract/queues.ts';

export interface LivePanel {
  now(): LiveSnapshot;
  /** The boards it showed between the two (`performance.now()`), that of the first moment included. */
  shownBetween(fromMs: number, toMs: number): LiveSnapshot[];
  close(): void;
}
interface Shown {
  fromMs: number;
  board: LiveSnapshot;
}
/** How far back it remembers. */
const rememberedMs = 60_000;

/** Connects with the cookie; settles at the first snapshot. A number left out rejects every later question. */
export async function openLivePanel(address: string, cookie: string): Promise<LivePanel> {
  const socket = io(`${address}/live`, {
    transports: ['websocket'],
    extraHeaders: { cookie },
    forceNew: true,
  });
  const shown: Shown[] = [];
  let missed: string | null = null;
  const show = (board: LiveSnapshot): void => {
    const fromMs = performance.now();
    shown.push({ fromMs, board });
    while (shown.length > 1 && shown[1]!.fromMs < fromMs - rememberedMs) shown.shift();
  };
  await new Promise<void>((resolve, reject) => {
    socket.on('connect_error', reject);
    socket.on('snapshot', (snapshot: LiveSnapshot) => {
      show(snapshot);
      resolve();
    });
  });
  socket.on('change', (change: LiveChange) => {
    const before = shown.at(-1)!.board;
    if (change.seq !== before.seq + 1) missed = `change ${change.seq} came after ${before.seq}`;
    show(applyChange(before, change));
  });
  return {
    now() {
      if (missed) throw new Error(missed);
      return shown.at(-1)!.board;
    },
    shownBetween(fromMs, toMs) {
      if (missed) throw new Error(missed);
      const untilMs = (i: number): number => shown[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      return shown.filter((one, i) => one.fromMs <= toMs && untilMs(i) >= fromMs).map(({ board }) => board);
    },
    close: () => void socket.disconnect(),
  };
}

export function applyChange(before: LiveSnapshot, change: LiveChange): LiveSnapshot {
  const mergeBy = <T>(key: (row: T) => string, rows: T[], fresh: T[] = [], gone: string[] = []): T[] => {
    const replaced = new Set([...gone, ...fresh.map(key)]);
    return [...rows.filter((row) => !replaced.has(key(row))), ...fresh];
  };
  const merge = <T extends { id: string }>(rows: T[], fresh?: T[], gone?: string[]) =>
    mergeBy(({ id }) => id, rows, fresh, gone);
  return {
    seq: change.seq,
    at: change.at,
    agents: merge(before.agents, change.agents, change.gone?.agents),
    queues: mergeBy(({ pbx, id }) => queueKey(pbx, id), before.queues, change.queues, change.gone?.queues),
    calls: merge(before.calls, change.calls, change.gone?.calls),
    supervisions: merge(before.supervisions, change.supervisions, change.gone?.supervisions),
    outsideListenings: merge(
      before.outsideListenings,
      change.outsideListenings,
      change.gone?.outsideListenings,
    ),
    pbxs: change.pbxs ?? before.pbxs,
    thresholds: change.thresholds ?? before.thresholds,
  };
}
