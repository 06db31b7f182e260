import { createCelClock } from '../../src/adapters/cel/cel-clock.ts';
import { createCelFacts } from '../../src/adapters/cel/cel-facts.ts';
import { parseCelLine } from '../../src/adapters/cel/cel-line.ts';
import { createCelStamp } from '../../src/adapters/cel/cel-stamp.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';

/** The facts that lines of the PBX's journal tell, without anything else. Throws for a line that is not understood. */
export function journalFacts(lines: readonly string[]): TelephonyFact[] {
  const clock = createCelClock();
  const stamp = createCelStamp('main');
  const facts = createCelFacts();
  return lines.flatMap((line) => {
    const row = parseCelLine(line, clock);
    if (!row) throw new Error(`Not understood: ${line}`);
    return facts.take(row).map((body) => stamp(body, row.atMs));
  });
}
