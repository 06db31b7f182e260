import type { TelephonyFact } from './telephony-facts.ts';

/** Clocks of machines that ask the same time server differ by less. */
export const clockSkewMaxMs = 2_000;

/** Tells the times of facts of a PBX whose clock is wrong by ours, so that records and the panel show true times. */
export interface OurClock {
  /** Learns how far the PBX's clock is ahead; small changes of a known difference are not followed. */
  learn(aheadMs: number): void;
  readonly aheadMs: number;
  /** The fact itself where the clocks agree. */
  translate(fact: TelephonyFact): TelephonyFact;
}

export function createOurClock(): OurClock {
  let ahead = 0;
  return {
    learn(aheadMs) {
      if (Math.abs(aheadMs - ahead) <= clockSkewMaxMs) return;
      ahead = Math.abs(aheadMs) <= clockSkewMaxMs ? 0 : Math.round(aheadMs);
    },
    get aheadMs() {
      return ahead;
    },
    translate: (fact) => (ahead === 0 ? fact : shifted(fact, ahead)),
  };
}

/** Every time of a fact; `wrap-up` alone tells one of ours already. */
function shifted(fact: TelephonyFact, aheadMs: number): TelephonyFact {
  const moved = { ...fact, atMs: fact.atMs - aheadMs } as TelephonyFact;
  if ('leg' in moved && moved.leg.createdAtMs > 0)
    moved.leg = { ...moved.leg, createdAtMs: moved.leg.createdAtMs - aheadMs };
  if (moved.kind === 'dial' && moved.peer.createdAtMs > 0)
    moved.peer = { ...moved.peer, createdAtMs: moved.peer.createdAtMs - aheadMs };
  if (moved.kind === 'leg-vanished') moved.lastSeenAtMs -= aheadMs;
  if (moved.kind === 'pbx-connected') moved.startedAtMs -= aheadMs;
  return moved;
}
