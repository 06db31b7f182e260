import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { Id } from '../../contract/common.ts';
import { SharerSignal, ViewerSignal } from '../../contract/screens.ts';

const fromViewer = Compile(
  Type.Object({ viewingId: Id, signal: ViewerSignal }, { additionalProperties: false }),
);
const fromSharer = Compile(
  Type.Object({ viewingId: Id, signal: SharerSignal }, { additionalProperties: false }),
);

/** What the watching page says, or null when it is nothing such a page may say: it receives one picture, and sends none. */
export function viewerMessageOf(payload: unknown): { viewingId: string; signal: ViewerSignal } | null {
  if (!fromViewer.Check(payload)) return null;
  const { signal } = payload;
  return signal.kind !== 'offer' || isOnePicture(signal.sdp, 'recvonly') ? payload : null;
}

/** What the sharing page says, or null when it is nothing such a page may say: it sends one picture, and receives none. */
export function sharerMessageOf(payload: unknown): { viewingId: string; signal: SharerSignal } | null {
  if (!fromSharer.Check(payload)) return null;
  const { signal } = payload;
  return signal.kind !== 'answer' || isOnePicture(signal.sdp, 'sendonly') ? payload : null;
}

/** One part only, of video, in this direction: no sound, no data channel, nothing the other way. */
function isOnePicture(sdp: string, direction: 'sendonly' | 'recvonly'): boolean {
  const lines = sdp.split(/\r?\n/);
  const parts = lines.filter((line) => line.startsWith('m='));
  const directions = lines.filter((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.test(line));
  // Without a line of its own a part goes both ways.
  return (
    parts.length === 1 &&
    parts[0]!.startsWith('m=video ') &&
    directions.length === 1 &&
    directions[0] === `a=${direction}`
  );
}

/** Signals one side of a viewing may send at once, and how many more each second: candidates come in a burst. */
export const signalsBurst = 60;
export const signalsPerSecond = 10;

export interface SignalBudget {
  /** False: one too many, it is not to be relayed. */
  take(nowMs: number): boolean;
}

export function createSignalBudget(): SignalBudget {
  let left = signalsBurst;
  let countedAtMs = Number.NEGATIVE_INFINITY;
  return {
    take(nowMs) {
      const earned = Math.max(0, ((nowMs - countedAtMs) / 1_000) * signalsPerSecond);
      left = Math.min(signalsBurst, left + earned);
      countedAtMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
