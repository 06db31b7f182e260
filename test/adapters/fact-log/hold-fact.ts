import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';

/** A fact that is known again by its number; `padding` makes it long. */
export const holdFact = (sequence: number, padding = ''): TelephonyFact => ({
  pbx: 'main',
  source: 'ami',
  generation: 1,
  sequence,
  atMs: 1_800_000_000_000 + sequence,
  kind: 'leg-hold',
  uniqueId: `leg-${sequence}${padding}`,
  held: true,
});
