import type { PanelPresence } from '../../ports/domain.ts';

export interface CountedPresence extends PanelPresence {
  enter(personId: string): void;
  leave(personId: string): void;
  stop(): void;
}

/** Reloading the page is not leaving. */
const graceDefaultMs = 3_000;

/** Who has a page open: a person is gone `graceMs` after his last connection. */
export function createPanelPresence({ graceMs = graceDefaultMs } = {}): CountedPresence {
  const connections = new Map<string, number>();
  const leaving = new Map<string, NodeJS.Timeout>();
  const listeners = new Set<(personId: string) => void>();
  const tell = (personId: string): void => {
    for (const listener of listeners) listener(personId);
  };

  return {
    isPresent: (personId) => connections.has(personId),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    enter(personId) {
      clearTimeout(leaving.get(personId));
      leaving.delete(personId);
      const before = connections.get(personId);
      connections.set(personId, (before ?? 0) + 1);
      if (before === undefined) tell(personId);
    },
    leave(personId) {
      const left = (connections.get(personId) ?? 1) - 1;
      connections.set(personId, left);
      if (left > 0) return;
      const timer = setTimeout(() => {
        leaving.delete(personId);
        connections.delete(personId);
        tell(personId);
      }, graceMs).unref();
      leaving.set(personId, timer);
    },
    stop() {
      for (const timer of leaving.values()) clearTimeout(timer);
    },
  };
}
