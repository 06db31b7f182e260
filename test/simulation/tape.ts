import type { seededRandom } from '../../scripts/lab/random.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { LegFact } from '../../src/ports/telephony-facts.ts';
import type { Transcript } from '../support/call-stage.ts';
import { fold, transcripts } from '../support/transcripts.ts';

export type Random = ReturnType<typeof seededRandom>;

/** One telephone conversation (or several that belong together) as it really happened on a PBX, to be played again. */
export interface Tape {
  name: string;
  facts: LegFact[];
  /** Unique ids of all its legs. */
  legs: ReadonlySet<string>;
  /** What is to be recorded of it, by unique id, when everything is heard. */
  truth: Map<string, Call>;
  /** What whoever made the call says of it, by the caller's number; nothing where its times were changed. */
  expected: Transcript['expected'];
}

const isLegFact = (fact: { kind: string }): fact is LegFact =>
  !fact.kind.startsWith('own-leg') && !fact.kind.startsWith('queue-');

/** Real calls without legs of ours: the simulated PBX knows no supervision. */
const originals = transcripts()
  .filter(({ facts }) => facts.every(isLegFact))
  .map(({ name, facts, expected }) => ({ name, facts: facts as LegFact[], expected }));

/** A recorded call that begins at `startMs` on a PBX where nothing else has its names. */
export function makeTape(random: Random, number: number, startMs: number): Tape {
  const { name, facts, expected } = random.pick(originals);
  const shiftMs = startMs - facts[0]!.atMs;
  const pause = pauseOf(random, facts);
  const moved = (ms: number) => ms + shiftMs + (ms >= pause.atMs ? pause.lastsMs : 0);
  const own = (JSON.parse(rename(JSON.stringify(facts), number)) as LegFact[]).map((fact) => {
    const at = { ...fact, atMs: moved(fact.atMs) };
    if ('leg' in at) return { ...at, leg: { ...at.leg, createdAtMs: moved(at.leg.createdAtMs) } };
    if (at.kind === 'dial') return { ...at, peer: { ...at.peer, createdAtMs: moved(at.peer.createdAtMs) } };
    return at;
  });
  const legs = new Set(own.flatMap((fact) => ('leg' in fact ? [fact.leg.uniqueId] : [])));
  return { name, facts: own, legs, truth: truthOf(own), expected: pause.lastsMs === 0 ? expected : {} };
}

/** People talk longer than in a recording: one of its quiet moments may last. */
function pauseOf(random: Random, facts: readonly LegFact[]): { atMs: number; lastsMs: number } {
  const quiet = facts.filter((fact, i) => i > 0 && fact.atMs - facts[i - 1]!.atMs >= quietMs);
  if (quiet.length === 0 || random.next() < 0.5) return { atMs: Number.POSITIVE_INFINITY, lastsMs: 0 };
  return { atMs: random.pick(quiet).atMs, lastsMs: random.below(pauseMaxMs) };
}
const quietMs = 250;
const pauseMaxMs = 30_000;

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

function truthOf(facts: readonly LegFact[]): Map<string, Call> {
  return new Map(fold(facts).map((call) => [call.uniqueId, call]));
}
