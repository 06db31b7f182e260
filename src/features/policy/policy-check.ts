import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../contract/errors.ts';
import type { Policy } from '../../contract/policy.ts';
import { isTimeZone } from './wall-clock.ts';

/** Refuses what the form of a policy lets through and nobody can mean. Throws `validation-failed` naming the field. */
export function checkPolicy(policy: Policy): void {
  if (!isTimeZone(policy.timeZone)) refuse('timeZone', 'There is no such time zone');
  if (policy.informAgent === 'never' && policy.windows.length === 0)
    refuse('windows', 'Agents who are never told need a period they were told of');
  if (policy.reasonsOnly && policy.reasons.length === 0)
    refuse('reasons', 'No reason is offered, and no other is accepted');
  for (const [i, { firstDay, lastDay }] of policy.windows.entries()) {
    if (firstDay !== null && lastDay !== null && lastDay < firstDay)
      refuse(`windows.${i}.lastDay`, 'The last day is before the first');
  }
}

function refuse(field: string, detail: string): never {
  throw new AppError('validation-failed', detail, { field });
}

/** Names of the fields that differ, in the order of the policy. */
export function changedFields(before: Policy, now: Policy): (keyof Policy)[] {
  const names = Object.keys(now) as (keyof Policy)[];
  return names.filter((name) => !isDeepStrictEqual(before[name], now[name]));
}

/** What the audit keeps of a change: values of what names nobody, and of all else that it changed. */
export function auditOf(
  before: Policy,
  now: Policy,
): { fields: string[]; from: Record<string, unknown>; to: Record<string, unknown> } {
  const fields = changedFields(before, now);
  const told = fields.filter((name) => !mayName.has(name));
  const valuesOf = (policy: Policy) => Object.fromEntries(told.map((name) => [name, policy[name]]));
  return { fields, from: valuesOf(before), to: valuesOf(now) };
}

/** Free texts and numbers: an audit entry holds ids only. */
const mayName = new Set<keyof Policy>(['reasons', 'protectedNumbers', 'protectedQueues']);
