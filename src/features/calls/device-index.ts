import type { DeviceLeg } from '../../ports/domain.ts';
import type { Family } from './ledger.ts';
import { sameValue } from './same-value.ts';

/** Which legs a device has now, over all families. */
export class DeviceIndex {
  readonly #ofFamily = new Map<Family, readonly DeviceLeg[]>();
  readonly #ofDevice = new Map<string, Set<DeviceLeg>>();

  legsOf(pbx: string, device: string): DeviceLeg[] {
    return [...(this.#ofDevice.get(`${pbx} ${device}`) ?? [])];
  }

  /** Replaces what the family had. */
  put(family: Family, rows: readonly DeviceLeg[]): void {
    for (const leg of this.#ofFamily.get(family) ?? []) {
      const key = `${leg.pbx} ${leg.device}`;
      const there = this.#ofDevice.get(key);
      there?.delete(leg);
      if (there?.size === 0) this.#ofDevice.delete(key);
    }
    for (const leg of rows) {
      const key = `${leg.pbx} ${leg.device}`;
      const there = this.#ofDevice.get(key);
      if (there) there.add(leg);
      else this.#ofDevice.set(key, new Set([leg]));
    }
    if (rows.length > 0) this.#ofFamily.set(family, rows);
    else this.#ofFamily.delete(family);
  }

  absorb(gone: Family, into: Family): void {
    const legs = this.#ofFamily.get(gone);
    if (!legs) return;
    this.#ofFamily.set(into, [...(this.#ofFamily.get(into) ?? []), ...legs]);
    this.#ofFamily.delete(gone);
  }
}

/** Devices of which a leg in a call is new, other than before, or gone. */
export function changedDevices(
  before: ReadonlyMap<string, DeviceLeg> | undefined,
  now: ReadonlyMap<string, DeviceLeg>,
): string[] {
  const changed = new Set<string>();
  for (const [id, leg] of now) if (!sameValue(before?.get(id), leg)) changed.add(leg.device);
  for (const [id, leg] of before ?? []) if (!now.has(id)) changed.add(leg.device);
  return [...changed];
}
