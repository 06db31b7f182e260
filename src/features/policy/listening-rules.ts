import type { CallMarkKind } from '../../contract/call-marks.ts';
import type { Call } from '../../contract/calls.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { everyTeamKey, type Permission, permissionsOf, type Role } from '../../contract/permissions.ts';
import type { ListeningWindow, Policy } from '../../contract/policy.ts';
import { queueKey } from '../../contract/queues.ts';
import { isProtectedLine, matchesNumber } from './protected-numbers.ts';
import { isOpen, type LocalMinute } from './wall-clock.ts';

/** Why nobody may hear or see this person at this minute; null when one may. */
export function agentProtection(
  policy: Pick<Policy, 'windows'>,
  agent: { id: string; teamIds: readonly string[] },
  now: LocalMinute,
): ErrorCode | null {
  if (policy.windows.length === 0) return null;
  const mayBe = policy.windows.some((window) => isFor(window, agent) && isOpen(window, now));
  return mayBe ? null : 'outside-listening-hours';
}

function isFor(window: ListeningWindow, agent: { id: string; teamIds: readonly string[] }): boolean {
  if (window.teamIds.length === 0 && window.agentIds.length === 0) return true;
  return window.agentIds.includes(agent.id) || agent.teamIds.some((id) => window.teamIds.includes(id));
}

/** Why nobody may hear this call; null when one may. What people said about it comes before what it is. */
export function callProtection(
  policy: Policy,
  call: Call,
  marks: ReadonlySet<CallMarkKind> | undefined,
): ErrorCode | null {
  if (marks?.has('objection')) return 'caller-objected';
  if (marks?.has('private')) return 'private-call';
  if (policy.protectedNumbers.length > 0 && hasProtectedNumber(policy.protectedNumbers, call))
    return 'number-never-listened';
  if (policy.protectEmergencyLines && isWithLine(call)) return 'number-never-listened';
  if (policy.protectedQueues.length > 0 && queuesOf(call).some((id) => policy.protectedQueues.includes(id)))
    return 'queue-never-listened';
  if (policy.protectInternalCalls && isBetweenColleagues(call)) return 'internal-call-protected';
  return null;
}

function hasProtectedNumber(patterns: readonly string[], call: Call): boolean {
  const numbers = [call.dialled, call.caller.number, call.callee.number, call.customer?.number];
  return numbers.some((number) => number && patterns.some((pattern) => matchesNumber(pattern, number)));
}

/** Between colleagues a short number is an extension, and of an incoming call only the other end can be a line. */
function isWithLine(call: Call): boolean {
  if (call.direction === 'internal') return false;
  const numbers = call.direction === 'outbound' ? [call.dialled, call.callee.number] : [];
  return [...numbers, call.customer?.number].some((number) => !!number && isProtectedLine(number));
}

/** By name, which protects the queues of that name on every PBX, and by key. */
const queuesOf = (call: Call): string[] => namesOf(call).flatMap((name) => [name, queueKey(call.pbx, name)]);
const namesOf = (call: Call): string[] => [
  ...call.queueVisits.map(({ queue }) => queue),
  ...(call.queue === null ? [] : [call.queue]),
];

/** A call of their own, or the consultation of a transfer by keys: the customer waits while two of ours are up. */
function isBetweenColleagues(call: Call): boolean {
  if (call.direction === 'internal') return true;
  if (call.phase !== 'on-hold') return false;
  const up = call.legs.filter((leg) => leg.agent && leg.answeredAt && !leg.endedAt);
  return new Set(up.map((leg) => leg.agent?.id)).size > 1;
}

/**
 * What these roles lack, by team; `everyTeamKey` for what they lack on all. Who holds several roles lacks a right only
 * where each role that gives it lacks it.
 */
export function withheldFrom(
  withheld: Policy['withheld'],
  roles: readonly Role[],
): Map<string, Set<Permission>> {
  const lacking = new Map<string, Set<Permission>>();
  for (const { teamId, permission } of withheld) {
    const giving = roles.filter((role) => permissionsOf([role]).has(permission));
    const lacks = (role: Role) =>
      withheld.some(
        (one) =>
          one.role === role &&
          one.permission === permission &&
          (one.teamId === null || one.teamId === teamId),
      );
    if (giving.length === 0 || !giving.every(lacks)) continue;
    const key = teamId ?? everyTeamKey;
    lacking.set(key, (lacking.get(key) ?? new Set()).add(permission));
  }
  return lacking;
}
