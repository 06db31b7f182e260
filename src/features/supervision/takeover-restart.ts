import type { SupervisionEnd } from '../../contract/supervisions.ts';
import { bridgeIdOf, phoneLegIdOf } from './own-ids.ts';
import type { OwnOnPbx } from './session.ts';
import type { TakeoverMemory } from './takeover-state.ts';

/** What an earlier run of the server has left of a takeover on the PBX. */
export interface TakeoverRest {
  /** The customer is in our hands. */
  isGuest: boolean;
  isInBridge: boolean;
  hasPhone: boolean;
}

export function restOf(
  supervisionId: string,
  { customerUniqueId }: TakeoverMemory,
  found: OwnOnPbx,
): TakeoverRest {
  const bridge = found.bridges.find(({ id }) => id === bridgeIdOf(supervisionId));
  return {
    isGuest: found.guests?.some(({ uniqueId }) => uniqueId === customerUniqueId) ?? false,
    isInBridge: customerUniqueId !== null && (bridge?.legIds.includes(customerUniqueId) ?? false),
    hasPhone: found.legs.some(({ id }) => id === phoneLegIdOf(supervisionId, 1)),
  };
}

/** What a takeover makes of it. */
export type Adoption =
  /** Supervisor and customer are together, or are joined now. */
  | { kind: 'goes-on' }
  /**
   * Killed in the very moment of moving him: while no server was there, the dialplan kept him with music, and he comes yet.
   * One who has come and finds the supervisor gone has never talked with him: he goes back to the agent.
   */
  | { kind: 'being-taken' }
  /** He was handed over. A supervisor may have hung up since; if nobody answered, the customer must reach somebody yet. */
  | { kind: 'on-his-way' }
  /** As it would have been at once: who hangs up while no server is there has ended their talk. */
  | { kind: 'over'; because: SupervisionEnd };

export function adoptionOf({ phase }: TakeoverMemory, { isGuest, hasPhone }: TakeoverRest): Adoption {
  if (isGuest && hasPhone) return { kind: 'goes-on' };
  switch (phase) {
    case 'handing-over':
      return { kind: 'on-his-way' };
    case 'taking':
      return { kind: 'being-taken' };
    case 'held':
      return { kind: 'over', because: isGuest ? 'phone-hung-up' : 'call-ended' };
    case 'ringing':
      return { kind: 'over', because: 'server-stopped' };
    default:
      return phase satisfies never;
  }
}
