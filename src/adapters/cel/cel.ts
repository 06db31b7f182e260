import type { Clock } from '../../ports/clock.ts';
import { createFactStamp } from '../../ports/fact-stamp.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { createCelFacts } from './cel-facts.ts';
import { type FileTail, openFileTail } from './file-tail.ts';

export interface CelJournal {
  start(onFact: (fact: TelephonyFact) => void): Promise<void>;
  stop(): Promise<void>;
}

const lookEveryMs = 200;
const complainEveryMs = 60_000;

/**
 * The PBX's own journal (`cel_custom`), followed as it is written: how legs ended while ARI was not connected. A file
 * that is not there yet is waited for; one that cannot be read is said, once a minute.
 */
export function createCelJournal(o: { name: string; file: string; clock: Clock; log: Log }): CelJournal {
  const stamp = createFactStamp(o.name, 'cel', o.clock);
  const facts = createCelFacts();
  let tail: FileTail | undefined;
  let timer: NodeJS.Timeout | undefined;
  let complainedAtMs = Number.NEGATIVE_INFINITY;
  let badBefore = 0;

  function complain(fields: object, message: string): void {
    if (o.clock.now() - complainedAtMs < complainEveryMs) return;
    complainedAtMs = o.clock.now();
    o.log.warn({ pbx: o.name, ...fields }, message);
  }

  async function look(onFact: (fact: TelephonyFact) => void): Promise<void> {
    try {
      tail ??= await openFileTail(o.file);
      for (const line of await tail.read()) {
        const made = facts.take(line);
        if (made) onFact(stamp.fact(made.body, made.atMs));
      }
    } catch (error) {
      complain({ err: error }, 'The journal of the PBX (CEL_FILE) cannot be read');
    }
    if (facts.bad > badBefore) {
      complain(
        { lines: facts.bad },
        'Lines of the journal (CEL_FILE) are not of the mapping in cel_vigie.conf',
      );
      badBefore = facts.bad;
    }
  }

  return {
    async start(onFact) {
      stamp.nextGeneration();
      let looking = look(onFact);
      await looking;
      timer = setInterval(() => {
        // One look at a time: a slow disk makes it late, not twice.
        looking = looking.then(() => look(onFact));
      }, lookEveryMs).unref();
    },
    async stop() {
      clearInterval(timer);
      await tail?.close();
    },
  };
}
