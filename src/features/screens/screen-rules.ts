import { AppError, type ErrorCode } from '../../contract/errors.ts';
import { refusalOf } from '../../contract/may-do.ts';
import type { Policy } from '../../contract/policy.ts';
import type { ScreenEnd } from '../../contract/screens.ts';
import type { AgentView } from '../../ports/live.ts';
import type { Viewer } from '../../ports/viewer.ts';

/** Why this viewer may not see this agent's screen now, null when he may. */
export function watchRefusal(viewer: Viewer, { row, teamIds, facts }: AgentView): ErrorCode | null {
  // Watching needs no phone.
  return refusalOf('watch-screen', {
    viewer: { ...viewer, device: null, browserPhone: false },
    agent: { id: row.id, teamIds, state: row.state, ...facts },
  });
}

/** His screen is not to be seen now, though he shares it. */
export const isHiddenNow = ({ row }: AgentView): boolean => row.state === 'paused';

/** What a refusal makes of a viewing that runs; null: it goes on (with nothing to be seen). */
export function endOfRefusal(refusal: ErrorCode): ScreenEnd | null {
  switch (refusal) {
    case 'screen-hidden':
      return null;
    case 'private-call':
    case 'caller-objected':
      return refusal;
    case 'not-allowed':
    case 'outside-your-teams':
      return 'rights-removed';
    case 'screen-not-shared':
      return 'agent-stopped-sharing';
    default:
      return 'policy';
  }
}

/** The call a viewing of scope `call` ends with: the one he talks in, else the first that is up. Throws `agent-not-on-call`. */
export function callOf({ row }: AgentView): string {
  const up = row.calls.filter(({ state }) => state !== 'ringing');
  const call = up.find(({ state }) => state === 'talking') ?? up[0];
  if (!call) throw new AppError('agent-not-on-call');
  return call.id;
}

/** Throws `validation-failed` for a reason that the policy does not offer, where it accepts no other. */
export function assertReason({ reasonsOnly, reasons }: Policy, reason: string): void {
  if (reasonsOnly && !reasons.includes(reason.trim()))
    throw new AppError('validation-failed', 'The policy accepts its own reasons only', { field: 'reason' });
}
