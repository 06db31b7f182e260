/**
 * One clock for every timer on the page: it ticks once a second and follows the server's time, so that
 * "since" is right on a desktop whose own clock is wrong.
 */
const listeners = new Set<() => void>();
let skewMs = 0;
let currentMs = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  currentMs = Date.now() + skewMs;
  for (const listener of listeners) listener();
  timer = setTimeout(tick, 1000 - (Date.now() % 1000));
}

export const clock = {
  /** Server time in ms at the last tick. */
  nowMs: (): number => currentMs,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    if (timer === undefined) tick();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    };
  },
  /** `first`: take it as it is; later samples only when they travelled faster (a larger difference). */
  serverSaid(at: string, first: boolean): void {
    const sampleMs = Date.parse(at) - Date.now();
    if (Number.isNaN(sampleMs)) return;
    if (first || sampleMs > skewMs) skewMs = sampleMs;
    currentMs = Math.max(currentMs, Date.now() + skewMs);
  },
};
