import type { ErrorCode } from '../../contract/errors.ts';
import type { SupervisionEnd } from '../../contract/supervisions.ts';
import type { ListeningPolicy, LiveCalls } from '../../ports/domain.ts';

/** What the policy's refusal makes of a supervision that runs. */
export function endOfRefusal(refusal: ErrorCode): SupervisionEnd {
  return refusal === 'private-call' || refusal === 'caller-objected' ? refusal : 'policy';
}

/** Why hearing this call of this agent has to end now; null when it may go on. */
export function endByPolicy(
  { policy, calls }: { policy: ListeningPolicy; calls: LiveCalls },
  agentId: string,
  callId: string,
): SupervisionEnd | null {
  const call = calls.byId(callId);
  const refusal = policy.agentProtectedBy(agentId) ?? (call ? policy.callProtectedBy(call) : null);
  return refusal && endOfRefusal(refusal);
}
