/** A server that was killed reads its log again: one true record for each call, whenever it was killed and whatever it missed. */
import fc from 'fast-check';
import t from 'tap';
import type { Call } from '../../../src/contract/calls.ts';
import type { EndedCall } from '../../../src/features/calls/live-calls.ts';
import { CallsEngine, settleMs } from '../../../src/features/calls/live-calls.ts';
import { isKept } from '../../../src/ports/event-log.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import type { Transcript } from '../../support/call-stage.ts';
import { quietLog } from '../../support/calls-people.ts';
import { journalFacts } from '../../support/journal-facts.ts';
import { RememberedLog } from '../../support/remembered-log.ts';
import { fold, labPeople, transcripts } from '../../support/transcripts.ts';

t.setTimeout(120_000);
const all = transcripts();
const pageMs = 4_000;

/** A server on one log and one database, that is killed and started again as often as one likes. */
function killable(startMs: number) {
  const log = new RememberedLog();
  const table = new Map<string, EndedCall>();
  let nowMs = startMs;
  let engine = start();
  let turnedAtMs = startMs;

  function start(): CallsEngine {
    const written = new Set<string>();
    return new CallsEngine({
      people: labPeople,
      clock: { now: () => nowMs },
      log: quietLog,
      onEnded(ended) {
        written.add(ended.call.id);
        const before = table.get(ended.call.id);
        // As `saveCalls` decides.
        const isNewer = !before || before.revision <= ended.revision;
        const isSeen = ended.call.lastSeenAt === null || before?.call.lastSeenAt !== null;
        if (!before || (isNewer && isSeen)) table.set(ended.call.id, ended);
      },
      onWithdrawn: (call) => void table.delete(call.id),
      isWritten: (id) => written.has(id),
    });
  }

  return {
    get engine() {
      return engine;
    },
    log,
    hear(fact: TelephonyFact): void {
      if (isKept(fact)) log.add(fact);
      engine.onFact(fact);
    },
    /** Time passes as it does for a server: what is over settles, the log turns its pages. */
    until(ms: number): void {
      for (; nowMs < ms; nowMs = Math.min(ms, nowMs + settleMs)) {
        engine.sweep();
        if (nowMs - turnedAtMs < pageMs) continue;
        turnedAtMs = nowMs;
        log.turnPage(engine.turnPage(false));
      }
    },
    kill(): void {
      engine = start();
      log.begin({
        over: (legs) => engine.forgetLegs(legs),
        facts: (facts) => {
          for (const fact of structuredClone(facts)) engine.onFact(fact);
        },
      });
      for (const call of engine.strays()) table.delete(call);
    },
    records: (): Call[] => {
      engine.settle();
      return [...table.values()].map(({ call }) => call).sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}

const anyKills = (count: number) => fc.array(fc.nat({ max: count }), { minLength: 1, maxLength: 4 });

t.test(
  'Killed at any fact, and any number of times, the records are those of a server that never was',
  async (t) => {
    for (const { name, facts } of all) {
      const truth = fold(facts);
      fc.assert(
        fc.property(anyKills(facts.length), fc.boolean(), (kills, isSlow) => {
          const server = killable(facts[0]!.atMs);
          facts.forEach((fact, i) => {
            for (const at of kills) if (at === i) server.kill();
            if (isSlow) server.until(fact.atMs + i * 500);
            server.hear(fact);
          });
          if (kills.includes(facts.length)) server.kill();
          t.same(server.records(), truth, name);
        }),
        { numRuns: 12 },
      );
    }
  },
);

t.test(
  'What is over and written leaves the log, and a kill after that makes nothing of it again',
  async (t) => {
    for (const { name, facts } of all) {
      const server = killable(facts[0]!.atMs);
      for (const fact of facts) server.hear(fact);
      const truth = fold(facts);
      const lastMs = facts.at(-1)!.atMs;
      for (let i = 1; i <= 12; i++) {
        server.until(lastMs + i * pageMs);
        server.kill();
        t.same(server.records(), truth, `${name}, killed ${i} pages after its end`);
      }
      server.until(lastMs + 120_000);
      t.equal(server.log.size, 0, `${name}: nothing of it is kept`);
    }
  },
);

/** Of the connection after a gap. */
const generationAfter = 2_000_000_000;
const resyncFactsMax = 1_000;

/** What a resync says at `atMs`: the legs that are still there, and the bridges they are in. */
function resyncAt(facts: readonly TelephonyFact[], atMs: number): TelephonyFact[] {
  const past = facts.filter((fact) => fact.atMs <= atMs);
  const ended = new Set(past.flatMap((fact) => (fact.kind === 'leg-ended' ? [fact.uniqueId] : [])));
  const last = new Map(
    past.flatMap((fact) => ('leg' in fact ? [[fact.leg.uniqueId, fact.leg] as const] : [])),
  );
  const living = [...last.values()].filter(({ uniqueId }) => !ended.has(uniqueId));
  const bridges = new Map<string, Extract<TelephonyFact, { kind: 'bridge-entered' }>>();
  for (const fact of past) {
    if (fact.kind === 'bridge-entered') bridges.set(fact.uniqueId, fact);
    if (fact.kind === 'bridge-left' && bridges.get(fact.uniqueId)?.bridgeId === fact.bridgeId)
      bridges.delete(fact.uniqueId);
  }
  const header = { pbx: 'main', source: 'ari' as const, generation: generationAfter, atMs };
  let sequence = 0;
  const stamped = (body: object): TelephonyFact =>
    ({ ...header, sequence: ++sequence, ...body }) as TelephonyFact;
  return [
    stamped({ kind: 'pbx-connected', asteriskVersion: '22.10.1', startedAtMs: 1 }),
    ...living.map((leg) => stamped({ kind: 'leg-seen', leg })),
    ...living.flatMap((leg) => {
      const inside = bridges.get(leg.uniqueId);
      return inside
        ? [
            stamped({
              kind: 'bridge-entered',
              uniqueId: leg.uniqueId,
              bridgeId: inside.bridgeId,
              bridge: inside.bridge,
              leg,
            }),
          ]
        : [];
    }),
    stamped({ kind: 'resynced', liveUniqueIds: living.map(({ uniqueId }) => uniqueId) }),
  ];
}

/**
 * Whose end ends a call of our own people depends on who answered: where that happened unseen, the end is another leg's,
 * and as true.
 */
const trueEnds = (call: Call, facts: readonly TelephonyFact[]): (string | null)[] =>
  call.direction === 'inbound'
    ? [call.endedAt]
    : facts.filter(({ kind }) => kind === 'leg-ended').map(({ atMs }) => new Date(atMs).toISOString());

/** As the gap's filter asks: a link may have been deaf before it was found dead, and clocks are not told apart to the millisecond. */
const deafMs = 30_000;
const skewMs = 2_000;
const timeSkewMs = 10;

/** What the journal tells of a stretch of time. */
const journalOf = ({ journal }: Transcript, fromMs: number, toMs: number): TelephonyFact[] =>
  journalFacts(journal).filter(({ atMs }) => atMs > fromMs - deafMs && atMs <= toMs + skewMs);

t.test(
  'What happened while the server was away: each call known before has one record, with the end the journal tells or none',
  async (t) => {
    for (const transcript of all) {
      const { name, facts, journal: lines } = transcript;
      const truth = fold(facts);
      const [firstMs, lastMs] = [facts[0]!.atMs, facts.at(-1)!.atMs];
      const gap = fc.tuple(
        fc.nat(1_000),
        fc.integer({ min: 0, max: 1_000 }),
        lines.length > 0 ? fc.constantFrom('none', 'before', 'after') : fc.constant('none'),
      );
      fc.assert(
        fc.property(gap, ([from, length, journal]) => {
          const fromMs = firstMs + ((lastMs - firstMs) * from) / 1_000;
          const toMs = Math.round(fromMs + ((lastMs - fromMs + 1_000) * length) / 1_000);
          const told = journalOf(transcript, fromMs, toMs);
          const server = killable(firstMs);
          for (const fact of facts.filter(({ atMs }) => atMs <= fromMs)) server.hear(fact);
          const known = new Set(
            facts.flatMap((fact) => ('leg' in fact && fact.atMs <= fromMs ? [fact.leg.uniqueId] : [])),
          );
          server.kill();
          if (journal === 'before') for (const fact of told) server.hear(fact);
          for (const fact of resyncAt(facts, toMs)) server.hear(fact);
          if (journal === 'after') for (const fact of told) server.hear(fact);
          for (const fact of facts.filter(({ atMs }) => atMs > toMs))
            server.hear({ ...fact, generation: generationAfter, sequence: resyncFactsMax + fact.sequence });
          server.until(lastMs + 1_000);
          server.kill();
          const records = server.records();
          t.equal(
            new Set(records.map(({ uniqueId }) => uniqueId)).size,
            records.length,
            `${name}: none twice`,
          );
          for (const call of truth) {
            if (!known.has(call.uniqueId) || Date.parse(call.startedAt) > fromMs) continue;
            const found = records.find(({ uniqueId }) => uniqueId === call.uniqueId);
            t.ok(found, `${name}: ${call.uniqueId} has its record`);
            if (!found) continue;
            const endMs = Date.parse(call.endedAt!);
            const isSeen = endMs <= fromMs || endMs > toMs;
            if (call.answeredAt !== null && Date.parse(call.answeredAt) <= fromMs)
              t.equal(found.answeredAt, call.answeredAt, `${name}: when it was answered is remembered`);
            if (journal !== 'none') {
              const apartMs = Math.abs(Date.parse(found.endedAt!) - endMs);
              t.ok(apartMs <= timeSkewMs, `${name}: the end the journal tells, not ${found.endedAt}`);
              t.not(found.reason, 'unknown', `${name}: and why`);
              continue;
            }
            // Without a journal, whose end ends a call of our own people may have been decided unseen: it says so then.
            const isOpen = call.direction !== 'inbound' && found.reason === 'unknown';
            const saysNothing = isOpen && found.endedAt === new Date(toMs).toISOString();
            if (isSeen)
              t.ok(saysNothing || trueEnds(call, facts).includes(found.endedAt), `${name}: its true end`);
            else {
              t.match(found, { reason: 'unknown', endedAt: new Date(toMs).toISOString() }, name);
              t.ok(Date.parse(found.lastSeenAt!) <= fromMs, `${name}: last seen before we were away`);
            }
          }
        }),
        { numRuns: 12 },
      );
    }
  },
);
