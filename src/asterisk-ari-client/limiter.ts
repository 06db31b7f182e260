export interface Limiter {
  /** True when a slot was free or the caller may wait; false at the bound. */
  readonly isFull: boolean;
  readonly inFlight: number;
  readonly waiting: number;
  /** Resolves when the caller has a slot, rejects with the signal's reason if it is aborted first. */
  acquire(signal: AbortSignal): Promise<void> | undefined;
  release(): void;
}

/** At most `inFlightMax` at a time, in order of arrival, and at most `waitingMax` in the queue. */
export function createLimiter(inFlightMax: number, waitingMax: number): Limiter {
  let inFlight = 0;
  const queue = new Set<() => void>();

  function wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        queue.delete(enter);
        reject(signal.reason);
      };
      queue.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    get isFull() {
      return inFlight >= inFlightMax && queue.size >= waitingMax;
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return queue.size;
    },
    acquire(signal) {
      if (inFlight >= inFlightMax) return wait(signal);
      inFlight += 1;
      return undefined;
    },
    release() {
      const [next] = queue;
      if (!next) {
        inFlight -= 1;
        return;
      }
      // The slot passes on without becoming free, so that nobody overtakes the queue.
      queue.delete(next);
      next();
    },
  };
}
