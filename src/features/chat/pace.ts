import { AppError } from '../../contract/errors.ts';
import type { Clock } from '../../ports/clock.ts';

const peopleMax = 10_000;

/** So many in so long a time, for each person. */
export function createPace({ clock, max, withinMs }: { clock: Clock; max: number; withinMs: number }) {
  const windows = new Map<string, { beganMs: number; count: number }>();
  return {
    /** Throws `too-many-attempts`. */
    take(personId: string): void {
      const nowMs = clock.now();
      const window = windows.get(personId);
      if (!window || nowMs - window.beganMs >= withinMs || nowMs < window.beganMs) {
        windows.delete(personId);
        if (windows.size >= peopleMax) windows.delete(windows.keys().next().value!);
        windows.set(personId, { beganMs: nowMs, count: 1 });
        return;
      }
      if (window.count >= max) {
        const retryAfterS = Math.ceil((window.beganMs + withinMs - nowMs) / 1_000);
        throw new AppError('too-many-attempts', 'Too many messages; wait a moment', { retryAfterS });
      }
      window.count += 1;
    },
  };
}
