import { setTimeout as delay } from 'node:timers/promises';

/** Reads until the value is good; throws what was seen last after `limitMs`. A read that fails counts as not good. */
export async function waitFor<T>(
  read: () => T | Promise<T>,
  good: (value: T) => boolean = Boolean,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (let last: unknown; ; await delay(25)) {
    try {
      const value = await read();
      if (good(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Not within ${limitMs} ms; seen last: ${String(last)}`);
  }
}
