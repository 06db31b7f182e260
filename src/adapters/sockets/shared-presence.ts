import type { SharedEntries } from '../../ports/cluster.ts';
import type { PanelPresence } from '../../ports/domain.ts';

/** Who has a page open on any server. */
export function sharePresence(
  local: PanelPresence,
  entries: { pages: SharedEntries<true>; agentPages: SharedEntries<true> },
): PanelPresence {
  const { pages, agentPages } = entries;
  local.onChange((personId) => {
    put(pages, personId, local.isPresent(personId));
    put(agentPages, personId, local.isOnAgentPage(personId));
  });
  return {
    isPresent: (personId) => local.isPresent(personId) || pages.other(personId) === true,
    isOnAgentPage: (personId) => local.isOnAgentPage(personId) || agentPages.other(personId) === true,
    onChange(listener) {
      const stops = [local.onChange(listener), pages.onChange(listener), agentPages.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function put(entries: SharedEntries<true>, key: string, isThere: boolean): void {
  if (isThere) entries.set(key, true);
  else entries.delete(key);
}
