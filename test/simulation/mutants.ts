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
    from: 'return [...seen, ...entered,',
    to: 'return [...seen,',
    breaks: 'who is in which bridge is not read',
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
    file: 'features/calls/ledgers.ts',
    from: 'return ledger ? vanishedLegs(ledger, fact, this.#startedAtMs.get(fact.pbx) ?? 0) : [];',
    to: 'return [];',
    breaks: 'after a restart of the server, legs that are gone are not missed',
  },
  {
    file: 'adapters/fact-log/log-file.ts',
    from: 'where place ${side} ? and run <> ? order',
    to: 'where place ${side} ? and run = ? order',
    breaks: 'nothing of an earlier run is read again',
  },
  {
    file: 'features/calls/hangup-reason.ts',
    from: "if (how === 'restarted') return ['pbx-restarted', 'system'];",
    to: '',
    breaks: 'a restart of the PBX hangs up like a phone',
  },
  {
    file: 'features/calls/talks.ts',
    from: "if (next?.kind === 'holding') return 'parked';",
    to: '',
    breaks: 'parking ends no conversation',
  },
  {
    file: 'features/calls/attempts.ts',
    from: "if (leg.end?.cause === 26) return 'answered-elsewhere';",
    to: "if (leg.end?.cause === 26) return 'no-answer';",
    breaks: 'a phone that rang with others is called missed',
  },
  {
    file: 'features/calls/family-fold.ts',
    from: "if (root.steps.some(({ app }) => app === 'AgentLogin')) return true;",
    to: '',
    breaks: 'an agent’s open line is a call',
  },
  {
    file: 'features/calls/scene.ts',
    from: 'if (!far || from.passed.has(far)) continue;',
    to: 'continue;',
    breaks: 'nobody is heard through a Local channel',
  },
  {
    file: 'features/calls/live-calls.ts',
    from: 'if (done.length < calls.length || living) {',
    to: 'if (false) {',
    breaks: 'calls in progress are forgotten when they are quiet for half a minute',
  },
  {
    file: 'features/calls/leg-stays.ts',
    from: 'stay.to = atMs;\n  stay.leftOrder = order;',
    to: '',
    breaks: 'nobody leaves a bridge before his call is over',
  },
  {
    file: 'features/calls/hangup-reason.ts',
    from: "if (phase === 'voicemail') return ['voicemail', by === 'subject' ? subjectOf(ending) : 'system'];",
    to: '',
    breaks: 'a message left is no voicemail',
  },
  {
    file: 'features/calls/hangup-reason.ts',
    from: "return ['abandoned-in-queue', who];",
    to: "return ['abandoned-in-menu', who];",
    breaks: 'who gave up in a queue gave up in the menu',
  },
  {
    file: 'features/calls/ending-of.ts',
    from: "by: transferredAway(scene, last) ? 'subject' : whoHungUp(scene, last, latest),",
    to: 'by: whoHungUp(scene, last, latest),',
    breaks: 'who transfers a call away is thought to be hung up on',
  },
  {
    file: 'features/calls/talks.ts',
    from: "if (transferred) return 'transferred';",
    to: '',
    breaks: 'a transfer ends no conversation',
  },
  {
    file: 'features/calls/hangup-reason.ts',
    from: "if (has('rejected')) return ['rejected', callee];",
    to: '',
    breaks: 'who declines is not told',
  },
  {
    file: 'adapters/cel/gap-filter.ts',
    from: 'const isUnseen = sightedSinceMs === null || fact.atMs <= sightedSinceMs + skewMs;',
    to: 'const isUnseen = false;',
    breaks: 'of a gap the journal tells ends only',
  },
  {
    file: 'adapters/cel/gap-filter.ts',
    from: "if (isUnseen || fact.kind === 'leg-ended') onFact(fact);",
    to: "if (isUnseen && fact.kind !== 'leg-ended') onFact(fact);",
    breaks: 'the journal’s ends are dropped',
  },
  {
    file: 'adapters/cel/cel.ts',
    from: 'const neededMs = Math.min(facts.oldestMs(), pbxNowMs - deafMaxMs) - marginMs;',
    to: 'const neededMs = pbxNowMs;',
    breaks: 'a restart reads the journal on in the middle of its calls',
  },
  {
    file: 'adapters/cel/cel-events.ts',
    from: "hangupSource: hangup?.source ?? '',",
    to: "hangupSource: '',",
    breaks: 'the journal does not say who hung up',
  },
  {
    file: 'features/calls/leg-view.ts',
    from: "source === 'cel' && kind !== 'leg-ended' &&",
    to: 'false &&',
    breaks: 'what the journal tells counts as unheard',
  },
  {
    file: 'adapters/fact-log/log-file.ts',
    from: 'isWhole: crc32(row.body) === row.crc',
    to: 'isWhole: true',
    breaks: 'a damaged piece of the log is taken for what was written',
  },
  {
    file: 'adapters/fact-log/read-left.ts',
    from: 'for (const { place } of some.filter(({ isWhole }) => !isWhole))',
    to: 'for (const { place } of [] as Piece[])',
    breaks: 'a damaged piece is left out without a word',
  },
  {
    file: 'adapters/fact-log/log-keeper.ts',
    from: 'timer = setTimeout(flush, retryMs);',
    to: '',
    breaks: 'after the disk was full nothing is written any more',
  },
  {
    file: 'adapters/fact-log/log-keeper.ts',
    from: 'const writing = pending;',
    to: 'const writing = pending;\n    pending = [];',
    breaks: 'what a full disk refused is forgotten',
  },
];
