import { waitFor } from '../../scripts/lab/tools.ts';
import type { Log } from '../../src/ports/log.ts';
import type { FactKind, TelephonyFact } from '../../src/ports/telephony-facts.ts';

export type FactOf<Kind extends FactKind> = Extract<TelephonyFact, { kind: Kind }>;

/** Keeps every fact, in the order in which they came, and waits for some. */
export interface FactRecorder {
  readonly facts: TelephonyFact[];
  take(fact: TelephonyFact): void;
  of<Kind extends FactKind>(kind: Kind): FactOf<Kind>[];
  /** The first fact of that kind that fits, from `from` on (an index into `facts`). */
  next<Kind extends FactKind>(
    kind: Kind,
    fits?: (fact: FactOf<Kind>) => boolean,
    options?: { from?: number; limitMs?: number },
  ): Promise<FactOf<Kind>>;
}

export function createFactRecorder(): FactRecorder {
  const facts: TelephonyFact[] = [];
  const of = <Kind extends FactKind>(kind: Kind, from = 0) =>
    facts.slice(from).filter((fact): fact is FactOf<Kind> => fact.kind === kind);
  return {
    facts,
    take: (fact) => void facts.push(fact),
    of,
    next: (kind, fits = () => true, { from = 0, limitMs = 10_000 } = {}) =>
      waitFor(`a fact ${kind}`, () => of(kind, from).find(fits), limitMs, 5),
  };
}

export interface MemoryLog extends Log {
  readonly text: string;
}

/** A log that keeps what was written as text, for looking for secrets. */
export function createMemoryLog(): MemoryLog {
  let text = '';
  const write = (fields: object, message: string) => {
    const plain = JSON.stringify(fields, (_, value) => (value instanceof Error ? value.stack : value));
    text += `${message} ${plain}\n`;
  };
  const log: MemoryLog = {
    debug: write,
    info: write,
    warn: write,
    error: write,
    child: () => log,
    get text() {
      return text;
    },
  };
  return log;
}
