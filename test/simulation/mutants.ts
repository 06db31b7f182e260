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
  {
    file: 'features/calls/ledgers.ts',
    from: 'return ledger ? vanishedLegs(ledger, fact, this.#startedAtMs.get(fact.pbx) ?? 0) : [];',
    to: 'return [];',
    breaks: 'after a restart of the server, legs that are gone are not missed',
  },
  {
    file: 'features/calls/calls.ts',
    from: 'for (const id of engine.strays()) writer.remove(id);',
    to: '',
    breaks: 'what a killed server recorded of a part of a call stays beside the call',
  },
  {
    file: 'adapters/fact-log/log-file.ts',
    from: 'where place ${side} ? and run <> ? order',
    to: 'where place ${side} ? and run = ? order',
    breaks: 'nothing of an earlier run is read again',
  },
  {
    file: 'adapters/fact-log/log-file.ts',
    from: 'for (const { leg, text } of carry) keep.run(run, leg, crc32(text), text);',
    to: '',
    breaks: 'what a call in progress needs goes with the page',
  },
  {
    file: 'adapters/fact-log/log-file.ts',
    from: 'delete from batches where run = ? and source = ? and through <= ?',
    to: 'delete from batches where run = ? and source = ? and ? >= 0',
    breaks: 'a page takes with it what was not folded yet',
  },
  {
    file: 'adapters/fact-log/read-left.ts',
    from: "for (const kind of ['over', 'carried', 'batches'] as const) {",
    to: "for (const kind of ['over', 'batches'] as const) {",
    breaks: 'what was kept anew is not read',
  },
  {
    file: 'adapters/fact-log/read-left.ts',
    from: "for (const kind of ['over', 'carried', 'batches'] as const) {",
    to: "for (const kind of ['carried', 'batches'] as const) {",
    breaks: 'a call that was over and forgotten is made anew of its last facts',
  },
];
