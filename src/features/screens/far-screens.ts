import type { ScreenState } from '../../contract/agents.ts';
import type { NamedRef } from '../../contract/common.ts';
import type { SharedEntries } from '../../ports/cluster.ts';
import type { ScreenSharing } from '../../ports/domain.ts';

/** A screen as other servers show it. */
export interface FarScreen {
  state: ScreenState;
  watchedBy: NamedRef[];
}

/** The screens of all servers as one: a screen is held by the server that its agent's page is connected to. */
export function shareScreens(local: ScreenSharing, entries: SharedEntries<FarScreen>): ScreenSharing {
  local.onChange((agentId) => {
    const { state, watchedBy } = local.of(agentId);
    if (state === 'off' && watchedBy.length === 0) entries.delete(agentId);
    else entries.set(agentId, { state, watchedBy: [...watchedBy] });
  });
  return {
    of(agentId) {
      const own = local.of(agentId);
      return own.state === 'off' ? (entries.other(agentId) ?? own) : own;
    },
    onChange(listener) {
      const stops = [local.onChange(listener), entries.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
