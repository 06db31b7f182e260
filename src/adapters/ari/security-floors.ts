/**
 * From these releases on (June 2026) ARI no longer evaluates SHELL() and FILE() regardless of live_dangerously, and
 * read-only users cannot write. No 18 or 19 has the fix; majors after these have it from their first release.
 */
const floors: readonly (readonly [number, number, number])[] = [
  [20, 20, 1],
  [21, 12, 3],
  [22, 10, 1],
  [23, 4, 1],
];
const floorsText = floors.map((floor) => floor.join('.')).join(', ');

/** `unseen`: a certified or a developer's build, whose number says nothing of single fixes. */
export interface Security {
  state: 'fixed' | 'open' | 'unseen';
  floors: string;
}

export function securityOf(version: string): Security {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (!numbers || /cert/.test(version)) return { state: 'unseen', floors: floorsText };
  const [major = 0, minor = 0, patch = 0] = numbers;
  if (major > 23) return { state: 'fixed', floors: floorsText };
  const floor = floors.find(([floorMajor]) => floorMajor === major);
  if (!floor) return { state: 'open', floors: floorsText };
  const isFixed = minor > floor[1] || (minor === floor[1] && patch >= floor[2]);
  return { state: isFixed ? 'fixed' : 'open', floors: floor.join('.') };
}
