import type { OwnLegFact } from '../../ports/telephony-facts.ts';

/** What became of a leg that was asked for. */
export type LegNews =
  | { ready: true; channel: string }
  | { ready: false; cause: number; sipCode: number | null };

interface TrackedLeg {
  news: PromiseWithResolvers<LegNews>;
  gone: PromiseWithResolvers<void>;
  isReady: boolean;
  hasEnded: boolean;
}

/** The legs one supervision has asked for, from the asking to their end. */
export interface SessionLegs {
  /** To be called before the command, since the news may overtake its reply. */
  expect(legId: string): Promise<LegNews>;
  /** A leg found alive after a restart. */
  adopt(legId: string): void;
  /** 'used' when it had been ready, 'waited-for' when somebody still waited for it. */
  onEnded(fact: Extract<OwnLegFact, { kind: 'own-leg-ended' }>): 'used' | 'waited-for' | 'unknown';
  onReady(fact: Extract<OwnLegFact, { kind: 'own-leg-ready' }>): boolean;
  has(legId: string): boolean;
  hasEnded(legId: string): boolean;
  /** It is not on the PBX any more, and nobody told us. */
  lost(legId: string): void;
  /** Settles when the PBX says that it has ended. */
  ended(legId: string): Promise<void>;
  /** Those that may still be on the PBX. */
  living(): string[];
  /** Nobody waits any longer. */
  release(): void;
}

export function createSessionLegs(): SessionLegs {
  const legs = new Map<string, TrackedLeg>();
  const track = (legId: string): TrackedLeg => {
    const leg = {
      news: Promise.withResolvers<LegNews>(),
      gone: Promise.withResolvers<void>(),
      isReady: false,
      hasEnded: false,
    };
    legs.set(legId, leg);
    return leg;
  };
  return {
    expect: (legId) => track(legId).news.promise,
    adopt(legId) {
      track(legId).isReady = true;
    },
    onReady({ uniqueId, channel }) {
      const leg = legs.get(uniqueId);
      if (!leg) return false;
      leg.isReady = true;
      leg.news.resolve({ ready: true, channel });
      return true;
    },
    onEnded({ uniqueId, cause, sipCode }) {
      const leg = legs.get(uniqueId);
      if (!leg || leg.hasEnded) return 'unknown';
      leg.hasEnded = true;
      leg.gone.resolve();
      leg.news.resolve({ ready: false, cause, sipCode });
      return leg.isReady ? 'used' : 'waited-for';
    },
    lost(legId) {
      const leg = legs.get(legId);
      if (!leg?.isReady || leg.hasEnded) return;
      leg.hasEnded = true;
      leg.gone.resolve();
    },
    has: (legId) => legs.has(legId),
    hasEnded: (legId) => legs.get(legId)?.hasEnded ?? false,
    ended: (legId) => legs.get(legId)?.gone.promise ?? Promise.resolve(),
    living: () => [...legs].filter(([, leg]) => !leg.hasEnded).map(([legId]) => legId),
    release() {
      for (const leg of legs.values()) leg.news.resolve({ ready: false, cause: 0, sipCode: null });
    },
  };
}
