import { isOwnId } from '../../ports/telephony.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';

/** The legs that were alive when we last heard, ours and others', so that a resync can say which are gone. */
export interface LivingLegs {
  follow(body: FactBody): void;
  /** Known before and not in `present`: removed here and returned as the facts that say so. */
  vanished(
    present: ReadonlySet<string>,
    gap: { lastSeenAtMs: number; becauseRestarted: boolean },
  ): FactBody[];
}

export function createLivingLegs(): LivingLegs {
  /** By unique id, the channel's name. */
  const legs = new Map<string, string>();
  return {
    follow(body) {
      switch (body.kind) {
        case 'leg-created':
        case 'leg-seen':
          legs.set(body.leg.uniqueId, body.leg.channel);
          return;
        case 'own-leg-ready':
          legs.set(body.uniqueId, body.channel);
          return;
        case 'leg-ended':
        case 'own-leg-ended':
          legs.delete(body.uniqueId);
          return;
        default:
          return;
      }
    },
    vanished(present, { lastSeenAtMs, becauseRestarted }) {
      const gone = [...legs].filter(([uniqueId]) => !present.has(uniqueId));
      for (const [uniqueId] of gone) legs.delete(uniqueId);
      return gone.map(([uniqueId, channel]) =>
        isOwnId(uniqueId)
          ? { kind: 'own-leg-ended', uniqueId, channel, cause: 0, sipCode: null }
          : { kind: 'leg-vanished', uniqueId, lastSeenAtMs, becauseRestarted },
      );
    },
  };
}
