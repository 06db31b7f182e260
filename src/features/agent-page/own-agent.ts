import type { OwnAgent, OwnOutsideListening, OwnSupervision } from '../../contract/agent-page.ts';
import type { Agent } from '../../contract/agents.ts';
import type { NamedRef } from '../../contract/common.ts';
import type { OutsideListening } from '../../contract/outside-listenings.ts';
import type { Policy } from '../../contract/policy.ts';
import { type Supervision, takeoverModes } from '../../contract/supervisions.ts';
import type { AgentView } from '../../ports/live.ts';

export interface OwnAgentFacts {
  view: AgentView;
  /** Those who supervise him, in whatever state. */
  supervisions: readonly Supervision[];
  /** Those who hear him without us. */
  outside: readonly OutsideListening[];
  policy: Policy;
  queueName(id: string): string;
}

/** An agent's row without what he is not to know: who listens and watches is told as far as the policy says. */
export function ownAgent({ view, supervisions, outside, policy, ...facts }: OwnAgentFacts): OwnAgent {
  const { row } = view;
  return {
    id: row.id,
    name: row.name,
    teams: row.teams,
    devices: row.devices,
    state: row.state,
    since: row.since,
    pauseReason: row.pauseReason,
    wrapUpKnown: row.wrapUpKnown,
    calls: row.calls,
    queues: row.queues.map(({ id, paused, pauseReason }) => ({
      id,
      name: facts.queueName(id),
      paused,
      pauseReason,
    })),
    supervisedBy: supervisions.flatMap((one) => toldOf(one, policy)),
    heardOutside: outside.flatMap((one) => outsideToldOf(one, policy)),
    help: row.help,
    screen: { state: row.screen.state, watchedBy: watchersToldOf(row.screen, policy) },
    paused: view.facts.paused,
    controlRefusal: view.facts.controlRefusal ?? (view.facts.inQueue ? null : 'agent-not-in-queue'),
  };
}

/** Who only waits for a call, or has paused, hears nothing. A call cannot be taken over behind an agent's back. */
function toldOf({ mode, by, state, paused }: Supervision, policy: Policy): OwnSupervision[] {
  if (state !== 'live') return [];
  if ((takeoverModes as readonly string[]).includes(mode)) return [{ mode, by }];
  if (paused || policy.informAgent === 'never') return [];
  return [{ mode, by: policy.informAgentWho ? by : null }];
}

function watchersToldOf({ watchedBy }: Agent['screen'], policy: Policy): (NamedRef | null)[] {
  if (!policy.informAgentOfScreen) return [];
  return watchedBy.map((watcher) => (policy.informAgentWho ? watcher : null));
}

/** The law asks that he be told that he is heard, not by which program: what hides our listening hides this, too. */
function outsideToldOf({ via, by, listener }: OutsideListening, policy: Policy): OwnOutsideListening[] {
  if (policy.informAgent === 'never') return [];
  return [{ via, by: policy.informAgentWho ? (by?.name ?? listener) : null }];
}
