export interface BackoffLimits {
  minMs: number;
  maxMs: number;
}

/**
 * Wait before attempt number `attempt` (1 = first retry): doubles from minMs to maxMs, then a random
 * point in its upper half, so that many clients of one restarted PBX do not come back together.
 */
export function backoffMs(
  attempt: number,
  { minMs, maxMs }: BackoffLimits,
  random: () => number = Math.random,
): number {
  const ceilingMs = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceilingMs * (0.5 + random() / 2));
}
