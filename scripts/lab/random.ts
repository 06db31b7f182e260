/** Chance that can be had again: the same seed gives the same sequence (mulberry32). */
export function seededRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    /** From 0 to 1, 1 excluded. */
    next,
    /** A whole number from 0 to `limit`, which is excluded. */
    below,
    pick: <T>(from: readonly T[]): T => from[below(from.length)]!,
    weighted: <T extends { weight: number }>(from: readonly T[]): T => {
      let rest = next() * from.reduce((sum, one) => sum + one.weight, 0);
      for (const one of from) {
        rest -= one.weight;
        if (rest < 0) return one;
      }
      return from.at(-1)!;
    },
  };
}
