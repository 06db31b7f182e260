import type { Supervision } from '../../contract/supervisions.ts';
import type { SessionPlan } from './session-parts.ts';
import type { SessionState } from './session-state.ts';
import type { SupervisionRow } from './supervision.repository.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** The call listened to, from the first sound to the end. */
export function callsOf(plan: SessionPlan, { liveAtMs, endedAtMs }: SessionState): Supervision['calls'] {
  const to = endedAtMs === null ? null : iso(endedAtMs);
  return [{ callId: plan.callId, from: iso(liveAtMs ?? plan.startedAtMs), to }];
}

export function supervisionOf(plan: SessionPlan, state: SessionState): Supervision {
  return {
    id: plan.id,
    agentId: plan.agent.id,
    by: plan.supervisor,
    calls: callsOf(plan, state),
    mode: state.mode,
    scope: 'call',
    device: 'phone',
    state: state.state,
    reason: plan.reason,
    startedAt: iso(plan.startedAtMs),
    endedAt: state.endedAtMs === null ? null : iso(state.endedAtMs),
    endedBecause: state.endedBecause,
    onHold: state.onHold,
    paused: false,
    endsAt: null,
    question: null,
  };
}

export function supervisionOfRow(row: SupervisionRow): Supervision {
  return {
    id: row.id,
    agentId: row.agent_id,
    by: { id: row.person_id, name: row.person_name },
    calls: row.calls as Supervision['calls'],
    mode: row.mode as Supervision['mode'],
    scope: row.scope as Supervision['scope'],
    device: row.device as Supervision['device'],
    state: row.state as Supervision['state'],
    reason: row.reason,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    endedBecause: row.ended_because as Supervision['endedBecause'],
    onHold: false,
    paused: false,
    endsAt: null,
    question: null,
  };
}

/** A session as an earlier run of the server wrote it down. `snoop` is the one found in its bridge. */
export function sessionOfRow(row: SupervisionRow, snoop: number): { plan: SessionPlan; state: SessionState } {
  const changes = row.mode_changes as { mode: SessionState['mode']; at: string }[];
  const calls = row.calls as Supervision['calls'];
  const mode = changes[snoop - 1]?.mode ?? (row.mode as SessionState['mode']);
  return {
    plan: {
      id: row.id,
      supervisor: { id: row.person_id, name: row.person_name },
      agent: { id: row.agent_id, name: row.agent_name, number: '' },
      pbx: row.pbx,
      deviceAddress: row.device_address,
      targetUniqueId: row.target_leg ?? '',
      callId: calls[0]?.callId ?? '',
      reason: row.reason,
      startedAtMs: row.started_at.getTime(),
    },
    state: {
      state: row.state as SessionState['state'],
      mode,
      wantedMode: mode,
      modeChanges: changes.map(({ mode: changed, at }) => ({ mode: changed, atMs: Date.parse(at) })),
      snoop,
      onHold: false,
      liveAtMs: row.live_at?.getTime() ?? null,
      endedAtMs: row.ended_at?.getTime() ?? null,
      endedBecause: row.ended_because as SessionState['endedBecause'],
    },
  };
}
