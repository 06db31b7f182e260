import type { ScreenEnd } from '../../contract/screens.ts';
import type { ListeningPolicy } from '../../ports/domain.ts';
import type { LiveSessions, LiveShift } from '../../ports/live.ts';
import type { OpenViewings } from './open-viewings.ts';
import { endOfRefusal, isHiddenNow, watchRefusal } from './screen-rules.ts';
import type { SharedScreens } from './shared-screens.ts';
import type { Viewing } from './viewing.ts';

export interface FloorWatchDeps {
  screens: SharedScreens;
  viewings: OpenViewings;
  shift: Pick<LiveShift, 'agent' | 'onDirty'>;
  policy: Pick<ListeningPolicy, 'onChange'>;
  sessions: Pick<LiveSessions, 'viewer' | 'onViewersChanged'>;
}

/** Ends what may not go on and hides what is not to be seen, as soon as the floor, the policy or a right changes. Returns the way to stop. */
export function watchFloor(deps: FloorWatchDeps): () => void {
  const { screens, viewings, shift } = deps;
  let isAsked = false;

  /** A burst of facts costs one look. */
  function ask(): void {
    if (isAsked) return;
    isAsked = true;
    setImmediate(() => {
      isAsked = false;
      look();
    });
  }

  function look(): void {
    // Before anything is shown again: who may not see it any more is gone by then.
    for (const viewing of viewings.all()) {
      const because = endNow(deps, viewing);
      if (because) void viewings.end(viewing, because);
    }
    for (const [agentId, share] of [...screens.sharing()]) {
      const view = shift.agent(agentId);
      const hidden = view === undefined || isHiddenNow(view);
      if (hidden === share.hidden) continue;
      screens.put(agentId, { ...share, hidden });
      viewings.order(agentId);
      viewings.tellHidden(agentId);
    }
  }

  const stops = [shift.onDirty(ask), deps.policy.onChange(ask), deps.sessions.onViewersChanged(ask)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Why a viewing may not go on; null when it may. */
export function endNow(
  { shift, sessions }: { shift: Pick<LiveShift, 'agent'>; sessions: Pick<LiveSessions, 'viewer'> },
  { plan }: Viewing,
): ScreenEnd | null {
  const view = shift.agent(plan.agent.id);
  if (!view) return 'agent-left';
  const viewer = sessions.viewer(plan.viewer.id);
  if (!viewer) return 'rights-removed';
  const refusal = watchRefusal(viewer, view);
  const because = refusal && endOfRefusal(refusal);
  if (because) return because;
  return plan.callId === null || view.row.calls.some(({ id }) => id === plan.callId) ? null : 'call-ended';
}
