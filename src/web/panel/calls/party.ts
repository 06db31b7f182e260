import type { Call, CallFilters, HangupReason } from '../../../contract/calls.ts';

/** The outside party; on an internal call, who dialled. */
export const otherParty = (call: Call) =>
  call.customer ?? (call.direction === 'outbound' ? call.callee : call.caller);

export function partyText(party: { name: string | null; number: string | null }, anonymous: string): string {
  if (party.name && party.number && party.name !== party.number) return `${party.name} · ${party.number}`;
  return party.name ?? party.number ?? anonymous;
}

/** Keys of a record that must name every reason: the compiler misses none. */
const all: Record<HangupReason, true> = {
  'customer-hung-up': true,
  'agent-hung-up': true,
  'supervisor-hung-up': true,
  'caller-hung-up': true,
  'callee-hung-up': true,
  'abandoned-in-menu': true,
  'abandoned-in-queue': true,
  'abandoned-ringing': true,
  'no-answer': true,
  busy: true,
  rejected: true,
  'agent-unreachable': true,
  'invalid-number': true,
  congestion: true,
  'ended-by-dialplan': true,
  voicemail: true,
  'forwarded-outside': true,
  'callback-requested': true,
  'media-failure': true,
  'pbx-restarted': true,
  unknown: true,
};
export const reasonsInOrder = Object.keys(all) as HangupReason[];
export const directionsInOrder = [
  'inbound',
  'outbound',
  'internal',
] as const satisfies readonly CallFilters['direction'][];
