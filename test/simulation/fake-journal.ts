import { createCelClock } from '../../src/adapters/cel/cel-clock.ts';
import { parseCelLine } from '../../src/adapters/cel/cel-line.ts';
import type { CelSource } from '../../src/adapters/cel/cel-source.ts';
import type { Kept, KeptPosition } from '../../src/adapters/cel/kept-position.ts';

const linesAtOnce = 50;

/** The PBX's journal as a file that a server reads on from wherever it was; a position is the number of a line. */
export function fakeJournalSource(lines: readonly string[]): CelSource {
  const clock = createCelClock();
  let next = 0;
  return {
    of: 'simulated',
    setting: 'CEL_FILE',
    lookEveryMs: 200,
    lateMaxMs: 0,
    bad: 0,
    open(position) {
      next = Number(position);
    },
    async read() {
      const some = lines.slice(next, next + linesAtOnce);
      if (some.length === 0) return null;
      next += some.length;
      return { rows: some.flatMap((line) => parseCelLine(line, clock) ?? []), position: next };
    },
    close: async () => {},
  };
}

/** The place in the journal, on the disk of a server that was there before. */
export interface FakePlace {
  /** As one process of the server has it. */
  connect(): { kept: KeptPosition; kill(): void };
}

export function createFakePlace(): FakePlace {
  let saved: Kept = { of: 'simulated', position: 0, aheadMs: 0 };
  return {
    connect() {
      let isDead = false;
      return {
        kept: {
          load: async () => saved,
          async save(kept) {
            if (!isDead) saved = kept;
          },
        },
        kill() {
          isDead = true;
        },
      };
    },
  };
}
