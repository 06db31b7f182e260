/** The fold, on facts of real calls: what comes out, and that the order in which facts are heard leaves no trace. */
import fc from 'fast-check';
import t from 'tap';
import type { Call } from '../../../src/contract/calls.ts';
import { factsPerLegMax } from '../../../src/features/calls/ledger.ts';
import { settleMs } from '../../../src/features/calls/live-calls.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { stated } from '../../support/call-scenarios.ts';
import { fold, foldBench, lateFactsMs, transcripts } from '../../support/transcripts.ts';

const all = transcripts();
const named = (part: string) => all.find(({ name }) => name.includes(part))!;

t.ok(all.length >= 30, 'there are transcripts of real calls');

for (const { name, facts, expected } of all) {
  t.test(name, async (t) => {
    const calls = fold(facts);
    for (const [number, wanted] of Object.entries(expected)) {
      const found = calls.filter((call) => call.caller.number === number);
      t.same(
        found.map((call, i) => stated(call, wanted[i] ?? wanted[0]!)),
        wanted,
        number,
      );
    }
    for (const call of calls) {
      const whole = Date.parse(call.endedAt!) - Date.parse(call.startedAt);
      t.equal(
        call.menuMs + call.waitMs + call.talkMs + call.holdMs,
        whole,
        'the four durations make the whole',
      );
      t.ok(call.ringMs <= call.waitMs, 'ringing is part of waiting');
    }
  });
}

/** The facts as they might be heard: some twice, each up to `delayMs` late, so in another order. */
const heard = (facts: readonly TelephonyFact[], delayMs: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: delayMs }), fc.option(fc.integer({ min: 0, max: delayMs }))), {
      minLength: facts.length,
      maxLength: facts.length,
    })
    .map((delays) =>
      facts
        .flatMap((fact, i) => {
          const [first, again] = delays[i]!;
          const once = [{ fact, heardMs: fact.atMs + first }];
          return again === null ? once : [...once, { fact, heardMs: fact.atMs + again }];
        })
        .sort((a, b) => a.heardMs - b.heardMs),
    );

t.test('Facts duplicated, reordered and delayed give the very same records', async (t) => {
  for (const { name, facts } of all) {
    const truth = fold(facts);
    fc.assert(
      fc.property(heard(facts, 20_000), (order) => {
        t.same(fold(order.map(({ fact }) => fact)), truth, name);
      }),
      { numRuns: 15 },
    );
  }
});

t.test(
  'The same when time passes in between: what was recorded too early is corrected or taken back',
  async (t) => {
    for (const { name, facts } of all) {
      const truth = fold(facts);
      fc.assert(
        fc.property(heard(facts, 5_000), (order) => {
          const bench = foldBench();
          let nowMs = order[0]!.heardMs;
          for (const { fact, heardMs } of order) {
            for (; nowMs < heardMs; nowMs = Math.min(heardMs, nowMs + settleMs)) {
              bench.at(nowMs);
              bench.engine.sweep();
            }
            bench.at(heardMs);
            bench.engine.onFact(fact);
          }
          bench.pass(settleMs);
          bench.engine.settle();
          t.same(bench.ended(), truth, name);
          t.equal(bench.engine.all().length, 0, 'nothing is left on the board');
        }),
        { numRuns: 5 },
      );
    }
  },
);

t.test('All transcripts heard at once are folded as each alone', async (t) => {
  const alone = all.flatMap(({ facts }) => fold(facts)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const together = all.flatMap(({ facts }) => facts).sort((a, b) => a.atMs - b.atMs);
  t.same(fold(together), alone);
  t.equal(new Set(alone.map(({ uniqueId }) => uniqueId)).size, alone.length, 'one record for each key');
});

t.test('A change is told only when the visible call or one of its legs changed', async (t) => {
  for (const { name, facts } of all) {
    const bench = foldBench();
    const seen = new Map<string, Call>();
    for (const fact of facts) {
      bench.engine.onFact(fact);
      bench.engine.flush();
      for (const { call, gone, devices } of bench.changes.splice(0)) {
        const before = seen.get(call.id);
        t.ok(
          devices.length > 0 || JSON.stringify(before) !== JSON.stringify(call),
          `${name}: something changed`,
        );
        t.equal(gone, call.endedAt !== null || !bench.engine.byId(call.id), 'gone is told with the end');
        seen.set(call.id, call);
      }
      for (const call of bench.engine.all())
        t.same(seen.get(call.id), call, `${name}: the listener knows it all`);
    }
  }
});

t.test(
  'When the PBX restarts, its calls are ended as pbx-restarted; when we only lost sight, as unknown',
  async (t) => {
    const facts = named('hangs up on an agent').facts.filter(
      ({ kind }) => kind !== 'leg-ended' && kind !== 'bridge-left',
    );
    const lastMs = facts.at(-1)!.atMs;
    const link = { pbx: 'main', source: 'ari' as const, generation: 2_000_000_000, atMs: lastMs + 5_000 };
    const resync = (startedAtMs: number): TelephonyFact[] => [
      { ...link, sequence: 1, kind: 'pbx-connected', asteriskVersion: '22.10.1', startedAtMs },
      { ...link, sequence: 2, kind: 'resynced', liveUniqueIds: [] },
    ];
    const [restarted] = fold([...facts, ...resync(lastMs + 1_000)]);
    t.match(restarted, { state: 'answered', reason: 'pbx-restarted', endedBy: 'system', cause: null });
    t.equal(restarted!.endedAt, new Date(lastMs + 5_000).toISOString(), 'ended when first known over');
    t.equal(restarted!.lastSeenAt, new Date(lastMs).toISOString(), 'and last seen alive before');
    t.match(restarted!.segments, [{ endedBecause: 'pbx-restarted' }]);
    const [unseen] = fold([...facts, ...resync(1)]);
    t.match(unseen, { state: 'answered', reason: 'unknown', endedBy: 'unknown' });
  },
);

t.test('Calls that were there before us are found by a resync, and end as any other', async (t) => {
  const { facts } = named('hangs up on an agent');
  const first = facts.findIndex(({ kind }) => kind === 'bridge-left');
  const met = facts.filter((fact) => fact.kind === 'bridge-entered');
  const seen = met.flatMap((fact, i): TelephonyFact[] => [
    { ...fact, kind: 'leg-seen', sequence: 10_000 + i },
    { ...fact, sequence: 20_000 + i },
  ]);
  const bench = foldBench();
  for (const fact of seen) bench.engine.onFact(fact);
  t.match(bench.engine.all(), [
    { direction: 'inbound', phase: 'talking', caller: { number: /^07/ }, agent: { name: 'Agent 1001' } },
  ]);
  t.match(bench.engine.legsOfDevice('main', 'PJSIP/1001'), [{ state: 'talking', certain: true }]);
  for (const fact of facts.slice(first)) bench.engine.onFact(fact);
  bench.engine.settle();
  t.match(bench.ended(), [{ reason: 'customer-hung-up', state: 'answered', waitMs: 0, ringMs: 0 }]);
  t.equal(bench.ended().length, 1);
});

t.test(
  'A call whose beginner had left before anybody looked is on the board, and its end is no guess',
  async (t) => {
    const { facts } = named('Click to call');
    const there = facts.filter((fact) => fact.kind === 'bridge-entered').slice(-2);
    const looked = { source: 'ari' as const, generation: 2_000_000_000, atMs: there[1]!.atMs + 100 };
    const ids = ['PJSIP/1006', 'PJSIP/trunk'].map(
      (name) => facts.findLast((fact) => 'leg' in fact && fact.leg.channel.startsWith(name))!,
    );
    const seen = ids.flatMap((fact, i): TelephonyFact[] => {
      if (!('leg' in fact)) return [];
      const { leg, pbx } = fact;
      const bridgeId = 'b1';
      return [
        { ...looked, pbx, sequence: 2 * i, kind: 'leg-seen', leg, unseenSinceMs: 0, bridgeId },
        {
          ...looked,
          pbx,
          sequence: 2 * i + 1,
          kind: 'bridge-entered',
          uniqueId: leg.uniqueId,
          bridgeId,
          bridge: 'mixing',
          leg,
        },
      ];
    });
    const bench = foldBench();
    for (const fact of seen) bench.engine.onFact(fact);
    t.match(bench.engine.all(), [{ phase: 'talking', agent: { name: 'Agent 1006' } }]);
    t.equal(bench.engine.all().length, 1);
    const ends = facts.filter((fact) => fact.kind === 'leg-ended').slice(-2);
    for (const fact of ends) bench.engine.onFact({ ...fact, atMs: looked.atMs + 1_000 });
    bench.engine.settle();
    t.match(bench.ended(), [{ reason: 'unknown', endedBy: 'unknown' }]);
  },
);

t.test('The PBX’s journal beats live events, in whichever order they come', async (t) => {
  const { facts } = named('hangs up on an agent');
  const end = facts.findLast((fact) => fact.kind === 'leg-ended' && fact.channel.includes('trunk'))!;
  if (end.kind !== 'leg-ended') throw new Error('no end');
  const agent = facts.find((fact) => fact.kind === 'leg-ended' && fact !== end) as typeof end;
  const journal: TelephonyFact[] = [
    {
      ...end,
      source: 'cel',
      generation: 1,
      sequence: 1,
      hangupSource: agent.channel,
      hangupSourceKnown: true,
    },
    {
      ...agent,
      source: 'cel',
      generation: 1,
      sequence: 2,
      hangupSource: agent.channel,
      hangupSourceKnown: true,
    },
  ];
  for (const order of [
    [...facts, ...journal],
    [...journal, ...facts],
  ]) {
    t.match(fold(order), [{ reason: 'agent-hung-up', endedBy: 'agent' }]);
  }
});

t.test(
  'Without channelvars the order of leaving says who hung up, and what cannot be known is unknown',
  async (t) => {
    const blind = (part: string) =>
      named(part).facts.map((fact): TelephonyFact => {
        if (fact.kind === 'leg-ended') return { ...fact, hangupSource: '', hangupSourceKnown: false };
        return 'leg' in fact ? { ...fact, leg: { ...fact.leg, linkedId: '', queueStatus: '' } } : fact;
      });
    t.match(fold(blind('hangs up on an agent')), [{ reason: 'customer-hung-up' }]);
    t.match(fold(blind('An agent who hangs up is')), [{ reason: 'agent-hung-up' }]);
    t.match(fold(blind('while queued')), [{ reason: 'abandoned-in-queue' }]);
    t.match(fold(blind('hangs up in the menu')), [{ reason: 'unknown', endedBy: 'unknown' }]);
  },
);

t.test('The place in the queue is known when AMI tells it, and null otherwise', async (t) => {
  const { facts } = named('while queued');
  const step = facts.find((fact) => fact.kind === 'leg-dialplan' && fact.leg.dialplan.app === 'Queue')!;
  if (step.kind !== 'leg-dialplan') throw new Error('no queue');
  const { uniqueId } = step.leg;
  const ami = { pbx: 'main', source: 'ami' as const, generation: 1, sequence: 1, atMs: step.atMs + 2 };
  const joined: TelephonyFact = {
    ...ami,
    kind: 'queue-caller-joined',
    queue: 'waiting',
    uniqueId,
    position: 3,
    waiting: 3,
  };
  t.match(fold([...facts, joined]), [{ queueVisits: [{ queue: 'waiting', position: 3 }] }]);
  t.match(fold([joined, ...facts]), [{ queueVisits: [{ queue: 'waiting', position: 3 }] }]);
  t.match(fold(facts), [{ queueVisits: [{ position: null }] }]);
});

t.test('Legs of ours are never calls', async (t) => {
  const { facts } = named('hangs up on an agent');
  const ours = JSON.parse(
    JSON.stringify(facts).replaceAll(/"uniqueId":"[^"]*"/g, '"uniqueId":"vigie-1"'),
  ) as TelephonyFact[];
  t.same(fold(ours), []);
});

t.test('What is over and written is forgotten, and facts that come later open no new call', async (t) => {
  const { facts } = named('attended transfer of two calls');
  const bench = foldBench();
  for (const fact of facts) bench.engine.onFact(fact);
  bench.pass(10 * settleMs);
  t.equal(bench.records.size, 2);
  bench.pass(lateFactsMs + 1);
  t.match(bench.engine.counts(), { families: 0, calls: 0 });
  for (const fact of facts) bench.engine.onFact(fact);
  bench.engine.settle();
  t.match(bench.engine.counts(), { families: 0, calls: 0 });
  t.equal(bench.engine.all().length, 0);
});

t.test('A line that stays open for a shift keeps no legs of calls that are over', async (t) => {
  const { facts } = named('AgentLogin line');
  const lineEnd = facts.findIndex((fact) => fact.kind === 'leg-ended' && fact.channel.includes('1001'));
  const bench = foldBench();
  bench.at(facts[0]!.atMs);
  for (const fact of facts.slice(0, lineEnd)) bench.engine.onFact(fact);
  bench.pass(10 * settleMs);
  t.equal(bench.records.size, 2);
  const truth = bench.ended();
  bench.pass(lateFactsMs + 1);
  bench.pass(lateFactsMs + 1);
  t.match(bench.engine.counts(), { families: 1, calls: 0 }, 'the line alone is left');
  for (const fact of facts.slice(lineEnd)) bench.engine.onFact(fact);
  bench.engine.settle();
  t.same(bench.ended(), truth, 'the records stay as they were');
});

t.test('A leg in a loop is kept up to a bound, and the call goes on', async (t) => {
  const { facts } = named('hangs up in the menu');
  const step = facts.find((fact) => fact.kind === 'leg-dialplan')!;
  if (step.kind !== 'leg-dialplan') throw new Error('no step');
  const looping = (count: number) => {
    const bench = foldBench();
    bench.engine.onFact(facts[0]!);
    for (let i = 0; i < count; i++)
      bench.engine.onFact({ ...step, generation: 1, sequence: i, atMs: step.atMs + i });
    bench.engine.flush();
    return bench;
  };
  t.equal(looping(factsPerLegMax - 1).engine.counts().factsDropped, 0);
  const over = looping(factsPerLegMax);
  t.equal(over.engine.counts().factsDropped, 1);
  t.equal(over.engine.all().length, 1);
});
