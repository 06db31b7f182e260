import type { Mode, Scope, Supervision } from '../../contract/supervisions.ts';
import type { CallSpan, SavedSession, SessionMemory, SessionPlan, SessionState } from './session.ts';
import type { SupervisionRow } from './supervision.repository.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** As the API and the row show it. */
export const callOf = ({ callId, fromMs, toMs }: CallSpan) => ({
  callId,
  from: iso(fromMs),
  to: toMs === null ? null : iso(toMs),
});

export function supervisionOf(plan: SessionPlan, state: SessionState): Supervision {
  return {
    id: plan.id,
    agentId: plan.agent.id,
    by: plan.supervisor,
    calls: state.calls.map(callOf),
    mode: state.mode,
    scope: plan.scope,
    device: plan.device,
    state: state.state,
    reason: plan.reason,
    startedAt: iso(plan.startedAtMs),
    endedAt: state.endedAtMs === null ? null : iso(state.endedAtMs),
    endedBecause: state.endedBecause,
    onHold: state.onHold,
    paused: state.paused,
    endsAt: state.endsAtMs === null ? null : iso(state.endsAtMs),
    question: state.question,
    unheard: state.unheard,
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
    paused: row.paused,
    endsAt: row.ends_at?.toISOString() ?? null,
    question: row.question as Supervision['question'],
    unheard: null,
  };
}

/** A session as an earlier run of the server wrote it down. */
export function sessionOfRow(row: SupervisionRow): SavedSession {
  const calls = row.calls as Supervision['calls'];
  const changes = row.mode_changes as { mode: Mode; at: string }[];
  return {
    plan: {
      id: row.id,
      scope: row.scope as Scope,
      device: row.device as Supervision['device'],
      supervisor: { id: row.person_id, name: row.person_name },
      agent: { id: row.agent_id, name: row.agent_name, number: '' },
      pbx: row.pbx,
      deviceAddress: row.device_address,
      targetUniqueId: row.target_leg,
      callId: calls[0]?.callId ?? null,
      reason: row.reason,
      startedAtMs: row.started_at.getTime(),
    },
    state: {
      state: row.state as SessionState['state'],
      mode: row.mode as Mode,
      modeChanges: changes.map(({ mode, at }) => ({ mode, atMs: Date.parse(at) })),
      calls: calls.map(({ callId, from, to }) => ({
        callId,
        fromMs: Date.parse(from),
        toMs: to === null ? null : Date.parse(to),
      })),
      onHold: false,
      paused: row.paused,
      endsAtMs: row.ends_at?.getTime() ?? null,
      question: row.question as SessionState['question'],
      unheard: null,
      liveAtMs: row.live_at?.getTime() ?? null,
      endedAtMs: row.ended_at?.getTime() ?? null,
      endedBecause: row.ended_because as SessionState['endedBecause'],
    },
    memory: row.memory as SessionMemory,
  };
}
