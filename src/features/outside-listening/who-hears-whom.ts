import type { LiveCalls, PeopleDirectory } from '../../ports/domain.ts';
import type { LegSnapshot } from '../../ports/telephony-facts.ts';
import { deviceOfChannel } from './spy-plan.ts';
import type { Spy, Spying } from './spying.ts';

/** The person whose device listens: the spying leg's own, or the phone at the other end of its Local channel. */
export function listenerOf(
  pbx: string,
  spy: Spy,
  spying: Spying,
  people: Pick<PeopleDirectory, 'byDevice'>,
): string | null {
  const ownerOf = (channel: string) => people.byDevice(pbx, deviceOfChannel(channel))?.id ?? null;
  if (spy.via === 'snoop') return null;
  if (!spy.channel.startsWith('Local/')) return ownerOf(spy.channel);
  const linkedId = spying.leg(spy.uniqueId)?.linkedId;
  const phones = linkedId ? [...spying.legs()].filter((leg) => isPhoneOf(leg, linkedId)) : [];
  return phones.length === 1 ? ownerOf(phones[0]!.channel) : null;
}

const isPhoneOf = (leg: LegSnapshot, linkedId: string): boolean =>
  leg.linkedId === linkedId && !leg.channel.startsWith('Local/');

/** Whose call the leg is of: the agent's own leg, or any other of a call that he is in. */
export function heardIn(
  calls: LiveCalls,
  people: Pick<PeopleDirectory, 'byDevice'>,
  pbx: string,
  uniqueId: string | null,
): { agentId: string | null; callId: string | null } {
  if (uniqueId === null) return { agentId: null, callId: null };
  const call = calls
    .all()
    .find((one) => one.pbx === pbx && one.legs.some((leg) => leg.uniqueId === uniqueId));
  const leg = call?.legs.find((one) => one.uniqueId === uniqueId);
  const own = leg ? (leg.agent?.id ?? people.byDevice(pbx, leg.device)?.id) : undefined;
  return { agentId: own ?? call?.agent?.id ?? null, callId: call?.id ?? null };
}
