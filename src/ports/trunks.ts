/** How PBXs ring one another's phones. */
export interface Trunks {
  /** Every PBX on which a phone of `home` can be rung, itself among them. */
  thatReach(home: string): ReadonlySet<string>;
  /** What `pbx` dials to ring this device of `home`; null where it cannot. */
  dialStringOf(pbx: string, home: string, device: string): string | null;
}

/** Each PBX rings its own phones only. */
export const noTrunks: Trunks = createTrunks([]);

/** `dialStrings`: for each other PBX that this one has a trunk to, `PJSIP/{device}@to-lyon`. */
export function createTrunks(
  pbxs: readonly { name: string; dialStrings: Readonly<Record<string, string>> }[],
): Trunks {
  const byName = new Map(pbxs.map(({ name, dialStrings }) => [name, dialStrings]));
  const reached = new Map(
    pbxs.map(({ name: home }) => {
      const others = pbxs.filter(({ dialStrings }) => dialStrings[home] !== undefined);
      return [home, new Set([home, ...others.map(({ name }) => name)])];
    }),
  );
  return {
    thatReach: (home) => reached.get(home) ?? new Set([home]),
    dialStringOf(pbx, home, device) {
      if (pbx === home) return device;
      const name = nameOf(device);
      return (name && byName.get(pbx)?.[home]?.replace('{device}', name)) || null;
    },
  };
}

/** `1001` of `PJSIP/1001`. A number on a trunk (`PJSIP/06…@trunk`), or anything that would be more than a name, is none. */
const nameOf = (device: string): string | undefined => /^[^/]+\/([A-Za-z0-9_.-]+)$/.exec(device)?.[1];
