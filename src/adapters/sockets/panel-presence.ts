import type { PanelPresence } from '../../ports/domain.ts';

type Page = 'panel' | 'agent';
export interface CountedPresence extends PanelPresence {
  enter(personId: string, page?: Page): void;
  leave(personId: string, page?: Page): void;
  stop(): void;
}

/** Reloading the page is not leaving. */
const graceDefaultMs = 3_000;

/** Who has a page open: a person is gone from a kind of page `graceMs` after his last connection of that kind. */
export function createPanelPresence({ graceMs = graceDefaultMs } = {}): CountedPresence {
  const connections: Record<Page, Map<string, number>> = { panel: new Map(), agent: new Map() };
  const leaving = new Map<string, NodeJS.Timeout>();
  const listeners = new Set<(personId: string) => void>();
  const keyOf = (personId: string, page: Page) => `${page} ${personId}`;
  const tell = (personId: string): void => {
    for (const listener of listeners) listener(personId);
  };

  return {
    isPresent: (personId) => connections.panel.has(personId) || connections.agent.has(personId),
    isOnAgentPage: (personId) => connections.agent.has(personId),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    enter(personId, page = 'panel') {
      const key = keyOf(personId, page);
      clearTimeout(leaving.get(key));
      leaving.delete(key);
      const before = connections[page].get(personId);
      connections[page].set(personId, (before ?? 0) + 1);
      if (before === undefined) tell(personId);
    },
    leave(personId, page = 'panel') {
      const left = (connections[page].get(personId) ?? 1) - 1;
      connections[page].set(personId, left);
      if (left > 0) return;
      const timer = setTimeout(() => {
        leaving.delete(keyOf(personId, page));
        connections[page].delete(personId);
        tell(personId);
      }, graceMs).unref();
      leaving.set(keyOf(personId, page), timer);
    },
    stop() {
      for (const timer of leaving.values()) clearTimeout(timer);
    },
  };
}
