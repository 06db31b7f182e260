import type { LiveCalls } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';

type Listener = Parameters<LiveCalls['onChange']>[0];

/** Who wants to know of calls that change. One that fails keeps nothing from the others. */
export class CallListeners {
  readonly #listeners = new Set<Listener>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Returns how to stop listening. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change: Parameters<Listener>[0]): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#log.error({ err: error, callId: change.call.id }, 'A listener to calls failed');
      }
    }
  }
}
