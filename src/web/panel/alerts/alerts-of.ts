import type { Agent } from '../../../contract/agents.ts';
import type { AlertThresholds, QueueThresholds } from '../../../contract/alerts.ts';
import type { LiveQueue } from '../../../contract/live.ts';
import type { OutsideListening } from '../../../contract/outside-listenings.ts';
import { queueKey } from '../../../contract/queues.ts';

export type AlertKind =
  | 'help'
  | 'heard-outside'
  | 'queue-wait'
  | 'queue-waiting'
  | 'queue-nobody-free'
  | 'agent-on-call'
  | 'agent-wrap-up'
  | 'agent-paused';

export interface Alert {
  /** The same as long as it is the same matter: one sound each. */
  key: string;
  kind: AlertKind;
  /** Of an agent, or the key of a queue. */
  subjectId: string;
  name: string;
  /** Since when what is too long lasts; null for a number. */
  since: string | null;
  count: number | null;
}

/** The first matters most. */
const order: readonly AlertKind[] = [
  'help',
  'heard-outside',
  'queue-wait',
  'queue-waiting',
  'queue-nobody-free',
  'agent-on-call',
  'agent-wrap-up',
  'agent-paused',
];

/** What is too long or too many at `nowMs`, most important first, then the longest. */
export function alertsOf(
  floor: {
    agents: readonly Agent[];
    queues: readonly LiveQueue[];
    outsideListenings: readonly OutsideListening[];
  },
  thresholds: AlertThresholds,
  nowMs: number,
): Alert[] {
  return [
    ...floor.outsideListenings.map(outsideAlert),
    ...floor.agents.flatMap((agent) => agentAlerts(agent, thresholds.agents, nowMs)),
    ...floor.queues.flatMap((queue) => queueAlerts(queue, limitsOf(queue, thresholds), nowMs)),
  ].sort(
    (a, b) =>
      order.indexOf(a.kind) - order.indexOf(b.kind) ||
      (a.since ?? '').localeCompare(b.since ?? '') ||
      a.key.localeCompare(b.key),
  );
}

/** No threshold: somebody hears a call, and nothing of ours has let him. */
const outsideAlert = ({ id, agent, by, listener, since }: OutsideListening): Alert => ({
  key: `heard-outside ${id}`,
  kind: 'heard-outside',
  subjectId: agent?.id ?? '',
  name: agent?.name ?? by?.name ?? listener,
  since,
  count: null,
});

/** What is set for this one goes before what is set for all of its name. */
const limitsOf = ({ pbx, id }: LiveQueue, { queue, exceptions }: AlertThresholds): QueueThresholds =>
  exceptions.find((exception) => exception.queue === queueKey(pbx, id)) ??
  exceptions.find((exception) => exception.queue === id) ??
  queue;

const isOver = (since: string, limitMs: number | null, nowMs: number): boolean =>
  limitMs !== null && nowMs - Date.parse(since) > limitMs;

function agentAlerts(agent: Agent, limits: AlertThresholds['agents'], nowMs: number): Alert[] {
  const made = (kind: AlertKind, since: string): Alert => ({
    key: `${kind} ${agent.id} ${since}`,
    kind,
    subjectId: agent.id,
    name: agent.name,
    since,
    count: null,
  });
  const alerts = agent.help ? [made('help', agent.help.since)] : [];
  const { state, since } = agent;
  if (state === 'paused' && isOver(since, limits.pausedMs, nowMs)) alerts.push(made('agent-paused', since));
  if (state === 'wrap-up' && isOver(since, limits.wrapUpMs, nowMs)) alerts.push(made('agent-wrap-up', since));
  if (state === 'on-call') {
    const call = agent.calls.find((one) => isOver(one.since, limits.onCallMs, nowMs));
    if (call) alerts.push(made('agent-on-call', call.since));
  }
  return alerts;
}

function queueAlerts(queue: LiveQueue, limits: QueueThresholds, nowMs: number): Alert[] {
  const { name, waiting, agentsFree, longestWaitSince } = queue;
  const subjectId = queueKey(queue.pbx, queue.id);
  const made = (kind: AlertKind, since: string | null, count: number | null): Alert => ({
    key: `${kind} ${subjectId} ${since ?? ''}`,
    kind,
    subjectId,
    name,
    since,
    count,
  });
  const alerts: Alert[] = [];
  if (longestWaitSince && isOver(longestWaitSince, limits.longestWaitMs, nowMs))
    alerts.push(made('queue-wait', longestWaitSince, null));
  if (limits.waiting !== null && waiting >= limits.waiting) alerts.push(made('queue-waiting', null, waiting));
  if (limits.agentsFreeMin !== null && waiting > 0 && agentsFree < limits.agentsFreeMin)
    alerts.push(made('queue-nobody-free', null, agentsFree));
  return alerts;
}
