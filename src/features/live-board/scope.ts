import type { Call } from '../../contract/calls.ts';
import type { MayDoFacts } from '../../contract/may-do.ts';
import { queueKey } from '../../contract/queues.ts';
import type { Person } from '../../ports/domain.ts';
import type { Trunks } from '../../ports/trunks.ts';
import { assertMay, seesTeams, type Viewer } from '../../ports/viewer.ts';

/** What one group of viewers may see and do: all of them get the same frames. */
export interface Scope {
  key: string;
  viewer: Viewer;
  /** The viewer's part in what he may do to an agent. */
  acting: MayDoFacts['viewer'];
}

/**
 * The scope of a viewer. Two viewers share one when they see the same teams, hold the same rights and either both
 * have a phone that the same PBXs can ring or neither; who is an agent himself has one of his own, as he may not supervise himself.
 * Throws `not-allowed` for one who may not see the board.
 */
export function scopeFor(
  viewer: Viewer,
  person: Person | undefined,
  phones: { browserPhone: boolean; trunks: Trunks },
): Scope {
  assertMay(viewer, 'live.view');
  const { browserPhone } = phones;
  const reachedFrom = person && phones.trunks.thatReach(person.pbx);
  const device = person?.devices[0] ?? null;
  const key = JSON.stringify([
    seesTeams(viewer, []) ? '*' : viewer.teamIds.toSorted(),
    viewer.everyTeam ? '*' : viewer.teamIds.toSorted(),
    [...viewer.permissions].sort(),
    phoneKind(device),
    browserPhone,
    [...(reachedFrom ?? [])].sort(),
    [...viewer.withheld].map(([team, withheld]) => [team, [...withheld].sort()]),
    person?.roles.includes('agent') ? viewer.personId : '',
  ]);
  const { personId, permissions, withheld, everyTeam, teamIds } = viewer;
  const phone = { device, browserPhone, ...(reachedFrom && { reachedFrom }) };
  const acting = { personId, permissions, withheld, everyTeam, teamIds, ...phone };
  return { key, viewer, acting };
}

function phoneKind(device: string | null): string {
  if (device === null) return 'none';
  return /^local\//i.test(device) ? 'unusable' : 'phone';
}

/** Everyone of ours who had a part in the call, and the keys of every queue it passed: the two things sight depends on. */
export function partsOf(call: Call): { agentIds: Set<string>; queues: Set<string> } {
  const agents = [
    call.agent,
    ...call.segments.map((segment) => segment.agent),
    ...call.queueVisits.flatMap((visit) => visit.attempts.map((attempt) => attempt.agent)),
    ...call.legs.map((leg) => leg.agent),
    call.caller,
    call.callee,
  ];
  const queues = [
    ...call.queueVisits.map((visit) => visit.queue),
    ...(call.queue === null ? [] : [call.queue]),
  ];
  return {
    agentIds: new Set(agents.flatMap((agent) => agent?.id ?? [])),
    queues: new Set(queues.map((queue) => queueKey(call.pbx, queue))),
  };
}
