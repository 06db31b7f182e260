import type { Call } from '../../contract/calls.ts';
import type { CallRow } from './calls.repository.ts';

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** A record as the API shows it. */
export function callOf(row: CallRow, beside: Pick<Call, 'supervisions' | 'marks'>): Call {
  return {
    id: row.id,
    pbx: row.pbx,
    uniqueId: row.unique_id,
    linkedId: row.linked_id,
    originalCallId: row.original_call_id,
    conversationId: row.conversation_id,
    direction: row.direction as Call['direction'],
    origin: row.origin as Call['origin'],
    dialled: row.dialled,
    queue: row.queue,
    state: row.state as Call['state'],
    phase: row.phase as Call['phase'],
    reason: row.reason as Call['reason'],
    endedBy: row.ended_by as Call['endedBy'],
    cause: row.cause,
    sipCode: row.sip_code,
    startedAt: row.started_at.toISOString(),
    answeredAt: iso(row.answered_at),
    endedAt: iso(row.ended_at),
    lastSeenAt: iso(row.last_seen_at),
    menuMs: row.menu_ms,
    waitMs: row.wait_ms,
    ringMs: row.ring_ms,
    talkMs: row.talk_ms,
    holdMs: row.hold_ms,
    caller: { id: row.caller_id, number: row.caller_number, name: row.caller_name },
    callee: {
      id: row.callee_id,
      number: row.callee_number,
      name: row.callee_name,
      publicName: row.callee_public_name,
    },
    customer: row.has_customer
      ? {
          id: row.customer_id,
          number: row.customer_number,
          name: row.customer_name,
          nickname: row.customer_nickname,
        }
      : null,
    agent: row.agent_id ? { id: row.agent_id, name: row.agent_name ?? '' } : null,
    queueVisits: row.queue_visits as Call['queueVisits'],
    segments: row.segments as Call['segments'],
    legs: row.legs as Call['legs'],
    ...beside,
  };
}
