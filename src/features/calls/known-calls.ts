import type { DeviceLeg } from '../../ports/domain.ts';
import type { FoldedCall } from './call-fold.ts';
import type { Family } from './ledger.ts';
import { recordId } from './record-id.ts';

/** A call in memory: as last folded, and how far its record is. */
export interface Known {
  folded: FoldedCall;
  family: Family;
  devices: ReadonlyMap<string, DeviceLeg>;
  endedHeardAtMs: number | null;
  /** The revision last handed to the writer. */
  recordedRevision: number;
}

export const isLive = ({ folded }: Known): boolean => folded.call.endedAt === null;

/** Every call in memory, by its id and by the family that its legs are of. */
export class KnownCalls {
  readonly #calls = new Map<string, Known>();
  readonly #idsOfFamily = new Map<Family, ReadonlySet<string>>();

  get size(): number {
    return this.#calls.size;
  }

  all(): Known[] {
    return [...this.#calls.values()];
  }

  byId(id: string): Known | undefined {
    return this.#calls.get(id);
  }

  of(family: Family): Known[] {
    return [...this.#idsOf(family)].flatMap((id) => this.#calls.get(id) ?? []);
  }

  put(known: Known): void {
    this.#calls.set(known.folded.call.id, known);
  }

  /** Returns the ids that the family no longer has. */
  putFamily(family: Family, ids: ReadonlySet<string>): string[] {
    const gone = [...this.#idsOf(family)].filter((id) => !ids.has(id));
    if (ids.size > 0) this.#idsOfFamily.set(family, ids);
    else this.#idsOfFamily.delete(family);
    return gone;
  }

  /** Families that turned out to be one. */
  absorb(gone: Family, into: Family): void {
    const ids = this.#idsOf(gone);
    if (ids.size === 0) return;
    for (const known of this.of(gone)) known.family = into;
    this.#idsOfFamily.set(into, new Set([...this.#idsOf(into), ...ids]));
    this.#idsOfFamily.delete(gone);
  }

  /** Ids that records of their single legs would have. */
  idsOfParts(): string[] {
    const ids = new Set(
      this.all().flatMap(({ folded: { call, legs } }) =>
        legs.map((leg) => recordId(leg.createdAtMs, call.pbx, leg.uniqueId)),
      ),
    );
    for (const id of this.#calls.keys()) ids.delete(id);
    return [...ids];
  }

  forget(id: string): void {
    this.#calls.delete(id);
  }

  #idsOf(family: Family): ReadonlySet<string> {
    return this.#idsOfFamily.get(family) ?? none;
  }
}

const none: ReadonlySet<string> = new Set();
