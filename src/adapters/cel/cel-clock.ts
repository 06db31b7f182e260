import type { CelClock } from './cel-row.ts';

const quarterMs = 15 * 60_000;
/**
 * A time in whole seconds was cut: what it tells happened later in that second. At the second's end it comes after all that
 * exact times tell of it, so that no call ends before it was answered.
 */
const wholeSecondMillis = 999;

/**
 * Reads the times of a journal: `seconds.microseconds` (cel.conf without `dateformat`), or a date and time of the PBX's
 * own zone as FreePBX's and databases have it. Of which zone, its CHAN_STARTs tell: a unique id begins with the second in
 * which its channel was made. Until the first one, this machine's zone is taken.
 */
export function createCelClock(): CelClock {
  let zoneMs: number | null = null;
  return {
    read(text, uniqueId, event) {
      if (/^\d{9,11}(\.\d{1,9})?$/.test(text)) return secondsMs(text);
      const found =
        /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d|[+-]\d\d)?$/.exec(text);
      if (!found) return null;
      const [, date, time, fraction, zone] = found;
      const millis = millisOf(fraction);
      const asUtcMs = Date.parse(`${date}T${time}Z`) + millis;
      if (Number.isNaN(asUtcMs)) return null;
      if (zone) return asUtcMs - zoneOffsetMs(zone);
      const madeMs = event === 'CHAN_START' ? madeAtMs(uniqueId) : null;
      if (madeMs !== null) zoneMs = Math.round((asUtcMs - madeMs) / quarterMs) * quarterMs;
      return asUtcMs - (zoneMs ?? -new Date(asUtcMs).getTimezoneOffset() * 60_000);
    },
  };
}

/** Cut to the millisecond, as Asterisk cuts the times of its live events. */
function secondsMs(text: string): number {
  const [seconds = '', fraction] = text.split('.');
  return Number(seconds) * 1_000 + millisOf(fraction);
}

const millisOf = (fraction: string | undefined): number =>
  fraction === undefined ? wholeSecondMillis : Number(fraction.slice(0, 3).padEnd(3, '0'));

/** The second in which the channel was made: `1763980000.7`, with a system name in front where one is set. */
export function madeAtMs(uniqueId: string): number | null {
  const found = /(?:^|-)(\d{9,11})\.\d+$/.exec(uniqueId);
  return found ? Number(found[1]) * 1_000 : null;
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)) * (zone.length > 3 ? 1 : 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
