import type { NetworkQuality } from './phone-state.ts';

export interface NetworkFigures {
  /** Share of the other side's packets that did not arrive, 0 to 1. */
  lossShare: number;
  jitterMs: number;
  /** There and back; null while not measured. */
  roundTripMs: number | null;
}

/** What a person hears of it: `fair` begins to crackle, `poor` loses words (ITU-T G.114 for delays). Pure. */
export function gradeOf({ lossShare, jitterMs, roundTripMs }: NetworkFigures): NetworkQuality {
  const delay = roundTripMs ?? 0;
  if (lossShare > 0.05 || jitterMs > 60 || delay > 600) return 'poor';
  if (lossShare > 0.01 || jitterMs > 30 || delay > 300) return 'fair';
  return 'good';
}

const everyMs = 2_000;

/** Looks at the connection every two seconds until stopped. */
export function watchQuality(
  connection: RTCPeerConnection,
  onGrade: (grade: NetworkQuality) => void,
): () => void {
  let before = { received: 0, lost: 0 };
  const look = async () => {
    const found = figuresOf(await connection.getStats(), before);
    before = found.counted;
    onGrade(gradeOf(found.figures));
  };
  const timer = setInterval(() => void look().catch(() => {}), everyMs);
  return () => clearInterval(timer);
}

function figuresOf(stats: RTCStatsReport, before: { received: number; lost: number }) {
  const counted = { received: 0, lost: 0 };
  const figures: NetworkFigures = { lossShare: 0, jitterMs: 0, roundTripMs: null };
  for (const one of stats.values() as Iterable<Record<string, unknown>>) {
    if (one['type'] === 'inbound-rtp' && one['kind'] === 'audio') {
      counted.received = Number(one['packetsReceived'] ?? 0);
      counted.lost = Number(one['packetsLost'] ?? 0);
      figures.jitterMs = Number(one['jitter'] ?? 0) * 1_000;
    }
    if (
      one['type'] === 'candidate-pair' &&
      one['nominated'] &&
      typeof one['currentRoundTripTime'] === 'number'
    )
      figures.roundTripMs = one['currentRoundTripTime'] * 1_000;
  }
  const lost = Math.max(0, counted.lost - before.lost);
  const all = lost + Math.max(0, counted.received - before.received);
  figures.lossShare = all === 0 ? 0 : lost / all;
  return { figures, counted };
}
