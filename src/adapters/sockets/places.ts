import { AppError } from '../../contract/errors.ts';

export const connectionsMax = 5_000;
/** Of all pages together: tabs, windows, a wall display. */
export const connectionsPerPersonMax = 20;

/** How many pages may be open at once. */
export interface Places {
  /** Throws `overloaded` when the house, or the person's part of it, is full. Giving back twice is fine. */
  take(personId: string): () => void;
}

export function createPlaces(): Places {
  const taken = new Map<string, number>();
  let total = 0;
  return {
    take(personId) {
      const own = taken.get(personId) ?? 0;
      if (total >= connectionsMax || own >= connectionsPerPersonMax) throw new AppError('overloaded');
      total += 1;
      taken.set(personId, own + 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        total -= 1;
        const left = (taken.get(personId) ?? 1) - 1;
        if (left > 0) taken.set(personId, left);
        else taken.delete(personId);
      };
    },
  };
}
