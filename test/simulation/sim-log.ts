import { openLogFile } from '../../src/adapters/fact-log/log-file.ts';
import { readLeft } from '../../src/adapters/fact-log/read-left.ts';
import { type EventLog, isKept, type LegKey, type Page } from '../../src/ports/event-log.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';

/** The fact log of one process of the server: its real file, written some milliseconds after a fact was read. */
export interface SimLog extends Pick<EventLog, 'replay' | 'turnPage' | 'onChange'> {
  add(fact: TelephonyFact): void;
  /** What is not synced yet is lost. */
  kill(): void;
  close(): void;
}

const source = 1;
const bytesMax = 64 * 1024 * 1024;

export function openSimLog(options: { path: string; run: string; syncMs(): number }): SimLog {
  const { path, run } = options;
  const file = openLogFile({ path, run, bytesMax, onDamage: (_, message) => console.error(message) });
  let pending: TelephonyFact[] = [];
  let timer: NodeJS.Timeout | undefined;
  let through = 0;
  let foldedBefore = 0;
  let page = 0;
  let isOpen = true;

  function sync(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!isOpen || pending.length === 0) return;
    through += pending.length;
    file.append([{ source, through, text: JSON.stringify(pending) }]);
    pending = [];
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(timer);
    file.close();
  }

  return {
    add(fact) {
      if (!isOpen || !isKept(fact)) return;
      pending.push(fact);
      timer ??= setTimeout(sync, options.syncMs());
    },
    async replay(reader) {
      let facts = 0;
      await readLeft(
        file.pieces,
        async (left, texts) => {
          for (const text of texts) {
            if (left === 'over') reader.over(JSON.parse(text) as LegKey[]);
            else {
              const some = JSON.parse(text) as TelephonyFact[];
              facts += some.length;
              reader.facts(some);
            }
          }
        },
        (_, message) => console.error(message),
      );
      return { facts, damaged: 0 };
    },
    turnPage({ carry, over }: Page) {
      if (!isOpen) return;
      sync();
      page += 1;
      file.turnPage({
        page,
        carry: carry.map(({ leg, facts }) => ({ leg: JSON.stringify(leg), text: JSON.stringify(facts) })),
        over,
        foldedBefore: [{ source, through: foldedBefore }],
        oldRunsGo: page >= 2,
      });
      foldedBefore = through;
    },
    onChange: () => () => true,
    kill: close,
    close() {
      sync();
      close();
    },
  };
}
