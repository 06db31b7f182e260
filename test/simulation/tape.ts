import type { seededRandom } from '../../scripts/lab/random.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { LegFact, TelephonyFact } from '../../src/ports/telephony-facts.ts';
import type { Transcript } from '../support/call-stage.ts';
import { journalFacts } from '../support/journal-facts.ts';
import { fold, transcripts } from '../support/transcripts.ts';

export type Random = ReturnType<typeof seededRandom>;

/** One telephone conversation (or several that belong together) as it really happened on a PBX, to be played again. */
export interface Tape {
  name: string;
  facts: LegFact[];
  /** Unique ids of all its legs. */
  legs: ReadonlySet<string>;
  /** The lines of the PBX's own journal, and when each is written. */
  journal: readonly JournalLine[];
  /** What is to be recorded of it, by unique id, when everything is heard. */
  truth: Map<string, Call>;
  /** The same where the journal alone tells: it knows less of some endings. */
  told: Map<string, Call>;
  /** What whoever made the call says of it, by the caller's number; nothing where its times were changed. */
  expected: Transcript['expected'];
}

export interface JournalLine {
  atMs: number;
  line: string;
}

const isLegFact = (fact: { kind: string }): fact is LegFact =>
  !fact.kind.startsWith('own-leg') && !fact.kind.startsWith('queue-');

/** Real calls without legs of ours: the simulated PBX knows no supervision. */
const originals = transcripts()
  .filter(({ facts }) => facts.every(isLegFact))
  .map(({ name, facts, journal, expected }) => ({ name, facts: facts as LegFact[], journal, expected }));

/** A recorded call that begins at `startMs` on a PBX where nothing else has its names. */
export function makeTape(random: Random, number: number, startMs: number): Tape {
  const { name, facts, journal, expected } = random.pick(originals);
  const shiftMs = startMs - facts[0]!.atMs;
  const pause = pauseOf(random, facts);
  const moved = (ms: number) => ms + shiftMs + (ms >= pause.atMs ? pause.lastsMs : 0);
  const own = (JSON.parse(rename(JSON.stringify(facts), number)) as LegFact[]).map((fact) => {
    const at = { ...fact, atMs: moved(fact.atMs) };
    if ('leg' in at) return { ...at, leg: { ...at.leg, createdAtMs: moved(at.leg.createdAtMs) } };
    if (at.kind === 'dial') return { ...at, peer: { ...at.peer, createdAtMs: moved(at.peer.createdAtMs) } };
    return at;
  });
  const written = movedJournal(rename(journal.join('\n'), number).split('\n'), (ms) =>
    // What the journal tells of a moment it may tell a little before.
    moved(ms >= pause.atMs - quietMs / 2 ? Math.max(ms, pause.atMs) : ms),
  );
  const legs = new Set(own.flatMap((fact) => ('leg' in fact ? [fact.leg.uniqueId] : [])));
  return {
    name,
    facts: own,
    legs,
    journal: written,
    truth: truthOf(own),
    told: truthOf(journalFacts(written.map(({ line }) => line))),
    expected: pause.lastsMs === 0 ? expected : {},
  };
}

/** People talk longer than in a recording: one of its quiet moments may last. */
function pauseOf(random: Random, facts: readonly LegFact[]): { atMs: number; lastsMs: number } {
  const quiet = facts.filter((fact, i) => i > 0 && fact.atMs - facts[i - 1]!.atMs >= quietMs);
  if (quiet.length === 0 || random.next() < 0.5) return { atMs: Number.POSITIVE_INFINITY, lastsMs: 0 };
  return { atMs: random.pick(quiet).atMs, lastsMs: random.below(pauseMaxMs) };
}
const quietMs = 250;
const pauseMaxMs = 30_000;

/** Lines are written in their order, whatever times they bear. */
function movedJournal(lines: readonly string[], moved: (ms: number) => number): JournalLine[] {
  let writtenMs = 0;
  return lines.map((line) => {
    let atMs = 0;
    const text = line.replace(
      /^("[A-Z_]+",")(\d+)\.(\d{3})/,
      (_, head: string, seconds: string, millis: string) => {
        atMs = moved(Number(seconds) * 1_000 + Number(millis));
        return `${head}${Math.floor(atMs / 1_000)}.${String(atMs % 1_000).padStart(3, '0')}`;
      },
    );
    writtenMs = Math.max(writtenMs, atMs);
    return { atMs: writtenMs, line: text };
  });
}

/** Everything that is unique on one PBX gets the tape's number: unique ids, channel names, bridges. */
function rename(text: string, number: number): string {
  const mark = number.toString(16).padStart(4, '0');
  return text
    .replaceAll(/"[a-z-]+-\d{10}\.(\d+)"/g, (_, id: string) => `"sim${mark}-1700000000.${id}"`)
    .replaceAll(
      /([A-Za-z0-9@_.+*-]+-)[0-9a-f]{4}([0-9a-f]{4})(?=[";<])/g,
      (_, head: string, tail: string) => `${head}${mark}${tail}`,
    )
    .replaceAll(/"[0-9a-f]{8}-([0-9a-f-]{27})"/g, (_, rest: string) => `"0000${mark}-${rest}"`);
}

function truthOf(facts: readonly TelephonyFact[]): Map<string, Call> {
  return new Map(fold(facts).map((call) => [call.uniqueId, call]));
}
