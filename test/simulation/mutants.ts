/** A fault planted into the real sources: the simulation must notice each of them. */
export interface Mutant {
  /** Below `src/`. */
  file: string;
  /** Exactly once in the file. */
  from: string;
  to: string;
  /** What it breaks, as a sentence. */
  breaks: string;
}

export const mutants: readonly Mutant[] = [
  {
    file: 'adapters/ari/pbx-reader.ts',
    from: "made.on('connected', () => void resync());",
    to: "made.on('connected', () => { isLive = true; });",
    breaks: 'no resync on a new connection',
  },
  {
    file: 'adapters/ari/pbx-reader.ts',
    from: 'buffer.drain(translate);',
    to: 'buffer = createEventBuffer();',
    breaks: 'events during a resync are dropped',
  },
  {
    file: 'adapters/ari/pbx-reader.ts',
    from: 'for (const body of legs.vanished(present, gap)) emit(body, atMs);',
    to: 'legs.vanished(present, gap);',
    breaks: 'legs that ended in a gap are not told by the reader, and a resync says nothing of ids',
  },
  {
    file: 'adapters/ari/pbx-reader.ts',
    from: '...buffer.endedIds()]',
    to: ']',
    breaks: 'a leg that ends while the state is read is taken for vanished',
  },
  {
    file: 'adapters/ari/pbx-reader.ts',
    from: 'startedAtMs !== 0 && identity.startedAtMs !== startedAtMs',
    to: 'false',
    breaks: 'a restart of the PBX is not noticed',
  },
  {
    file: 'adapters/ari/pbx-reader.ts',
    from: 'const atMs = stamp.pbxNowMs();\n      const snapshot = await readSnapshot(reading);',
    to: 'const snapshot = await readSnapshot(reading);\n      const atMs = stamp.pbxNowMs() + 2_000;',
    breaks: 'a snapshot is dated after what happened behind it',
  },
  {
    file: 'adapters/ari/pbx-snapshot.ts',
    from: 'unseenSinceMs,\n      bridgeId: bridgeIds.get(leg.uniqueId) ?? null,',
    to: 'unseenSinceMs,',
    breaks: 'who has left a bridge unseen is still in it',
  },
  {
    file: 'adapters/ari/pbx-snapshot.ts',
    from: 'return [...seen, ...entered,',
    to: 'return [...seen,',
    breaks: 'who is in which bridge is not read',
  },
  {
    file: 'adapters/ari/event-buffer.ts',
    from: 'for (const { event, atMs } of all) take(event, atMs);',
    to: 'for (const { event, atMs } of all.slice(1)) take(event, atMs);',
    breaks: 'the first event behind a snapshot is lost',
  },
  {
    file: 'adapters/ari/living-legs.ts',
    from: "        case 'leg-seen':\n",
    to: '',
    breaks: 'legs found by a resync are not missed by the next',
  },
  {
    file: 'features/calls/certainty.ts',
    from: 'if (around.every(({ unseen }) => unseen.length === 0)) return verdict;',
    to: 'return verdict;',
    breaks: 'what nobody heard is guessed',
  },
  {
    file: 'features/calls/certainty.ts',
    from: 'leg.beganSeen && leg.unseen.every(({ isSame }) => isSame)',
    to: 'true',
    breaks: 'a caller who may have talked unseen is called abandoned',
  },
  {
    file: 'features/calls/leg-view.ts',
    from: 'if (openStay && bridgeId !== undefined && bridgeId !== openStay.bridgeId) {',
    to: 'if (false) {',
    breaks: 'a stay in a bridge that was left unseen goes on for ever',
  },
  {
    file: 'features/calls/leg-view.ts',
    from: 'if (last.bridgeId === fact.bridgeId) return;',
    to: '',
    breaks: 'a bridge found again is a second stay',
  },
  {
    file: 'features/calls/leg-view.ts',
    from: "if (view.end?.how === 'seen') return;",
    to: '',
    breaks: 'an end that was seen is overwritten by a resync',
  },
  {
    file: 'features/calls/leg-facts.ts',
    from: 'if (order === 0) return false;',
    to: '',
    breaks: 'the same fact is kept twice',
  },
  {
    file: 'features/calls/leg-facts.ts',
    from: 'if (a.atMs !== b.atMs) return a.atMs - b.atMs;',
    to: '',
    breaks: 'facts are ordered as read, not as they happened',
  },
  {
    file: 'features/calls/vanished-legs.ts',
    from: 'living.has(uniqueId) ||',
    to: '',
    breaks: 'a resync ends the living',
  },
  {
    file: 'features/calls/ledger.ts',
    from: 'for (const [uniqueId, leg] of from.legs) into.legs.set(uniqueId, leg);',
    to: '',
    breaks: 'legs of a family that joins another are lost',
  },
  {
    file: 'features/calls/ledger.ts',
    from: 'for (const key of this.#keysOf(fact)) family = this.#join(family, key, absorbed);',
    to: '',
    breaks: 'legs are not tied to one another',
  },
  {
    file: 'features/calls/live-calls.ts',
    from: 'if (revision <= known.recordedRevision) return;',
    to: 'if (known.recordedRevision > 0) return;',
    breaks: 'a record is never corrected by what comes later',
  },
  {
    file: 'features/calls/live-calls.ts',
    from: 'if (known.recordedRevision > 0) this.#deps.onWithdrawn(known.folded.call);',
    to: '',
    breaks: 'what was a part of another call stays recorded',
  },
  {
    file: 'features/calls/record-writer.ts',
    from: 'if (waiting.size + removals.size > 0) schedule(retryMs);',
    to: '',
    breaks: 'records that met a database away are never tried again',
  },
  {
    file: 'features/calls/record-writer.ts',
    from: 'if (waiting.get(ended.call.id) === ended) waiting.delete(ended.call.id);',
    to: 'waiting.delete(ended.call.id);',
    breaks: 'a correction that comes while its record is written is lost',
  },
  {
    file: 'features/calls/calls.repository.ts',
    from: "(column) => !['id', 'pbx', 'unique_id',",
    to: "(column) => !['id', 'pbx', 'unique_id', 'reason',",
    breaks: 'a corrected record keeps its first reason',
  },
];
