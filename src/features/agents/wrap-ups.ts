/** Until when who is in wrap-up, told by AMI alone. */
export interface WrapUps {
  set(personId: string, queue: string, untilMs: number): void;
  isWrappingUp(personId: string, nowMs: number): boolean;
  /** Forgets all (AMI was lost); returns whose it were. */
  clear(): string[];
  stop(): void;
}

/** setTimeout cannot wait longer. */
const timerMaxMs = 2 ** 31 - 1;

/** `onEnd` is called when a person's wrap-up ends by itself. */
export function createWrapUps(now: () => number, onEnd: (personId: string) => void): WrapUps {
  const people = new Map<string, { byQueue: Map<string, number>; timer?: NodeJS.Timeout }>();

  const endOf = (personId: string): number => Math.max(0, ...(people.get(personId)?.byQueue.values() ?? []));
  const forget = (personId: string): void => {
    clearTimeout(people.get(personId)?.timer);
    people.delete(personId);
  };
  function arm(personId: string): void {
    const entry = people.get(personId);
    if (!entry) return;
    clearTimeout(entry.timer);
    const waitMs = Math.min(timerMaxMs, Math.max(1, endOf(personId) - now()));
    entry.timer = setTimeout(() => {
      if (endOf(personId) > now()) return arm(personId);
      forget(personId);
      onEnd(personId);
    }, waitMs).unref();
  }

  return {
    set(personId, queue, untilMs) {
      const entry = people.get(personId) ?? { byQueue: new Map<string, number>() };
      entry.byQueue.set(queue, untilMs);
      people.set(personId, entry);
      arm(personId);
    },
    isWrappingUp: (personId, nowMs) => endOf(personId) > nowMs,
    clear() {
      const all = [...people.keys()];
      for (const personId of all) forget(personId);
      return all;
    },
    stop() {
      for (const personId of people.keys()) forget(personId);
    },
  };
}
