import type { ScreenState } from '../../contract/agents.ts';
import type { NamedRef } from '../../contract/common.ts';
import type { ScreenSharing } from '../../ports/domain.ts';

/** An agent's page that shares. */
export interface Share {
  connectionId: string;
  /** Pictures it shares: a monitor, a window, a tab each. */
  monitors: number;
  /** Nothing of it is to be seen now. */
  hidden: boolean;
}

export interface SharedScreens extends ScreenSharing {
  share(agentId: string): Share | undefined;
  agentOf(connectionId: string): string | undefined;
  sharing(): Iterable<[agentId: string, share: Share]>;
  put(agentId: string, share: Share): void;
  remove(agentId: string): void;
  setWatchers(agentId: string, watchers: readonly NamedRef[]): void;
}

/** Who shares his screen on which page, and who watches: told to the rows of agents, decided by nobody here. */
export function createSharedScreens(): SharedScreens {
  const shares = new Map<string, Share>();
  const watchers = new Map<string, readonly NamedRef[]>();
  const listeners = new Set<(agentId: string) => void>();
  const tell = (agentId: string): void => {
    for (const listener of listeners) listener(agentId);
  };

  return {
    of: (agentId) => ({ state: stateOf(shares.get(agentId)), watchedBy: watchers.get(agentId) ?? [] }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    share: (agentId) => shares.get(agentId),
    agentOf(connectionId) {
      for (const [agentId, share] of shares) if (share.connectionId === connectionId) return agentId;
      return undefined;
    },
    sharing: () => shares,
    put(agentId, share) {
      const before = stateOf(shares.get(agentId));
      shares.set(agentId, share);
      if (stateOf(share) !== before) tell(agentId);
    },
    remove(agentId) {
      if (shares.delete(agentId)) tell(agentId);
    },
    setWatchers(agentId, now) {
      if (now.length > 0) watchers.set(agentId, now);
      else watchers.delete(agentId);
      tell(agentId);
    },
  };
}

function stateOf(share: Share | undefined): ScreenState {
  if (!share) return 'off';
  return share.hidden ? 'hidden' : 'shared';
}
