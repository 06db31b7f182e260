import type { Connections, PageConnection } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';

export interface OpenConnections extends Connections {
  /** A page is open: `send` reaches it. */
  opened(connection: PageConnection, send: Send): void;
  /** The page said something. */
  heard(connection: PageConnection, event: string, payload: unknown): void;
  gone(connection: PageConnection): void;
  /** Counts what a page says; false when it says too much. */
  mayBeHeard(connection: PageConnection): boolean;
  /** As `toConnection`, of what another server sends. */
  send(connectionId: string, event: string, args: readonly unknown[]): void;
  /** As `heard` and `gone`, of a page of another server, which has counted it. */
  heardFar(connection: PageConnection, event: string, payload: unknown): void;
  goneFar(connection: PageConnection): void;
}
type Send = (event: string, ...args: readonly unknown[]) => void;
interface Entry {
  connection: PageConnection;
  send: Send;
  secondBeganMs: number;
  heardInSecond: number;
}

/** Of one page; what it says beyond is not heard for the rest of the second. */
export const heardPerSecondMax = 50;

/** Every open page of every kind, by connection and by person. */
export function createConnections({ log, now = () => performance.now() }: { log: Log; now?: () => number }) {
  const entries = new Map<string, Entry>();
  const byPerson = new Map<string, Set<Entry>>();
  const hearing = new Map<string, Set<(from: PageConnection, payload: unknown) => void>>();
  const opening = new Set<(connection: PageConnection) => void>();
  const leaving = new Set<(connection: PageConnection) => void>();

  /** One listener that fails must not keep the news from the others, nor end the server. */
  function tell<Args extends readonly unknown[]>(
    listeners: Iterable<(...args: Args) => void>,
    ...args: Args
  ): void {
    for (const listener of listeners) {
      try {
        listener(...args);
      } catch (error) {
        log.error({ err: error }, 'what a page said or did could not be taken');
      }
    }
  }
  function mayBeHeard(entry: Entry): boolean {
    const nowMs = now();
    if (nowMs - entry.secondBeganMs >= 1_000)
      Object.assign(entry, { secondBeganMs: nowMs, heardInSecond: 0 });
    entry.heardInSecond += 1;
    return entry.heardInSecond <= heardPerSecondMax;
  }

  const connections: OpenConnections = {
    mayBeHeard({ id }) {
      const entry = entries.get(id);
      return entry !== undefined && mayBeHeard(entry);
    },
    heardFar(connection, event, payload) {
      tell(hearing.get(event) ?? [], connection, payload);
    },
    send: (connectionId, event, args) => entries.get(connectionId)?.send(event, ...args),
    goneFar: (connection) => tell(leaving, connection),
    toPerson(personId, event, ...args) {
      for (const { send } of byPerson.get(personId) ?? []) send(event, ...args);
    },
    toConnection(connectionId, event, ...args) {
      entries.get(connectionId)?.send(event, ...args);
    },
    on(event: string, listener) {
      const listeners = hearing.get(event) ?? new Set();
      hearing.set(event, listeners.add(listener));
      return () => listeners.delete(listener);
    },
    onOpen: (listener) => added(opening, listener),
    onGone: (listener) => added(leaving, listener),
    opened(connection, send) {
      const entry = { connection, send, secondBeganMs: now(), heardInSecond: 0 };
      const { personId } = connection.viewer;
      entries.set(connection.id, entry);
      byPerson.set(personId, (byPerson.get(personId) ?? new Set()).add(entry));
      tell(opening, connection);
    },
    heard(connection, event, payload) {
      const entry = entries.get(connection.id);
      const listeners = hearing.get(event);
      if (entry && mayBeHeard(entry) && listeners) tell(listeners, connection, payload);
    },
    gone(connection) {
      const entry = entries.get(connection.id);
      if (!entry) return;
      const { personId } = connection.viewer;
      entries.delete(connection.id);
      const others = byPerson.get(personId);
      others?.delete(entry);
      if (others?.size === 0) byPerson.delete(personId);
      tell(leaving, connection);
    },
  };
  return connections;
}

function added<T>(set: Set<T>, one: T): () => void {
  set.add(one);
  return () => set.delete(one);
}
