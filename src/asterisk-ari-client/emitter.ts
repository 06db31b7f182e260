type Handler<Args extends unknown[]> = (...args: Args) => void;

export interface Emitter<Events extends Record<string, unknown[]>> {
  /** Adds a handler; the returned function removes it. */
  on<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): () => void;
  /** Calls every handler; one that throws is reported and does not stop the others. */
  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void;
}

/** A typed emitter whose handlers cannot break the one who emits. */
export function createEmitter<Events extends Record<string, unknown[]>>(
  onHandlerError: (error: unknown, name: keyof Events) => void,
): Emitter<Events> {
  // Copied on every change, so that emit walks a list nobody alters.
  const handlers: { [Name in keyof Events]?: readonly Handler<Events[Name]>[] } = {};
  return {
    on(name, handler) {
      handlers[name] = [...(handlers[name] ?? []), handler];
      return () => {
        handlers[name] = (handlers[name] ?? []).filter((other) => other !== handler);
      };
    },
    emit(name, ...args) {
      for (const handler of handlers[name] ?? []) {
        try {
          handler(...args);
        } catch (error) {
          onHandlerError(error, name);
        }
      }
    },
  };
}
