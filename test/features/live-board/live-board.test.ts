import fc from 'fast-check';
import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import type { Call } from '../../../src/contract/calls.ts';
import type { LiveChange, LiveSnapshot } from '../../../src/contract/live.ts';
import type { Role } from '../../../src/contract/permissions.ts';
import { queueKey } from '../../../src/contract/queues.ts';
import type { Database } from '../../../src/database/database.ts';
import { createAgents } from '../../../src/features/agents/agents.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { createLiveBoard, type LiveBoard } from '../../../src/features/live-board/live-board.ts';
import { noTies } from '../../../src/ports/absent.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { testDatabase } from '../../support/database.ts';
import {
  buildCall,
  buildLeg,
  buildSupervision,
  factory,
  firstThresholds,
  handMadeAudit,
  handMadeCalls,
  handMadeSupervisions,
  queueMember,
  quietLog,
  until,
} from '../../support/live.ts';

const manager = makeViewer({ id: v7(), name: 'Manager', roles: ['manager'], teamIds: [] });
const agentCount = 5;
const queueNames = ['sales', 'support', 'open'];
const teamNames = ['North', 'South'];

/** Agents 0–4 in teams North, South, both, none, North; queue sales is North's, support South's, open everybody's. */
async function build(t: Pick<Test, 'teardown'>, db: Database) {
  await db.deleteFrom('people').execute();
  await db.deleteFrom('queues').execute();
  await db.deleteFrom('teams').execute();
  const calls = handMadeCalls();
  const supervisions = handMadeSupervisions();
  const presence = createPanelPresence({ graceMs: 0 });
  const directory = createPeopleDirectory({ db });
  const common = { directory, calls, supervisions, clock: systemClock, log: quietLog };
  const agents = createAgents({
    ...common,
    db,
    pbxNames: ['main'],
    presence,
    ties: noTies,
    audit: handMadeAudit(),
    watchQueues() {},
  });
  await agents.start();
  const people: string[] = [];
  for (const [i, teams] of [['North'], ['South'], ['North', 'South'], [], ['North']].entries()) {
    const agent = await agents.service.add(manager, { name: `Agent ${i}`, endpoint: `PJSIP/100${i}`, teams });
    people.push(agent.id);
  }
  const [north, south] = (await agents.teams.list(manager)).map((team) => team.id) as [string, string];
  await agents.queues.set(manager, 'sales', { teams: ['North'] });
  await agents.queues.set(manager, 'support', { teams: ['South'] });
  await agents.queues.set(manager, 'open', {});
  const startMs = Date.now();
  const options = {
    ...common,
    clock: { now: () => startMs },
    shift: agents.shift,
    pbxs: [{ name: 'main', amiConfigured: false }],
    queueMembershipMaxAgeMs: 10_000,
    browserPhones: noTies.browserPhones,
    thresholds: firstThresholds,
  };
  const board = createLiveBoard(options);
  const linkFacts: TelephonyFact[] = [];
  const fact = factory();
  const onFact = (one: TelephonyFact): void => {
    agents.onFact(one);
    board.onFact(one);
    if (/^(pbx|ami)-/.test(one.kind)) linkFacts.push(one);
  };
  /** Another board, which has told nobody anything. */
  const fresh = (viewer: Viewer): LiveSnapshot => {
    const other = createLiveBoard(options);
    for (const one of linkFacts) other.onFact(one);
    const snapshot = other.snapshotFor(viewer);
    other.stop();
    return snapshot;
  };
  const stop = (): void => {
    board.stop();
    agents.stop();
  };
  t.teardown(stop);
  return {
    agents,
    board,
    calls,
    supervisions,
    directory,
    people,
    teams: { north, south },
    fact,
    onFact,
    fresh,
    stop,
  };
}
type Built = Awaited<ReturnType<typeof build>>;

const viewerOf = (roles: Role[], teamIds: string[], id = v7()): Viewer =>
  makeViewer({ id, name: 'Viewer', roles, teamIds });

/** What a browser keeps: it applies a change only when it is the next. */
function follow(board: LiveBoard, viewer: Viewer, onFrame: (change: LiveChange) => void = () => {}) {
  const scope = board.join(viewer);
  let state = board.snapshot(scope);
  const stop = board.onChange((key, change) => {
    if (key !== scope) return;
    if (change.seq !== state.seq + 1) throw new Error(`change ${change.seq} after ${state.seq}`);
    onFrame(change);
    state = applied(state, JSON.parse(JSON.stringify(change)) as LiveChange);
  });
  return { scope, stop, state: () => state };
}

function applied(before: LiveSnapshot, change: LiveChange): LiveSnapshot {
  const mergeBy = <T>(key: (row: T) => string, rows: T[], fresh: T[] = [], gone: string[] = []): T[] => {
    const replaced = new Set([...gone, ...fresh.map(key)]);
    return [...rows.filter((row) => !replaced.has(key(row))), ...fresh];
  };
  const merge = <T extends { id: string }>(rows: T[], fresh?: T[], gone?: string[]) =>
    mergeBy(({ id }) => id, rows, fresh, gone);
  return {
    seq: change.seq,
    at: change.at,
    agents: merge(before.agents, change.agents, change.gone?.agents),
    queues: mergeBy(({ pbx, id }) => queueKey(pbx, id), before.queues, change.queues, change.gone?.queues),
    calls: merge(before.calls, change.calls, change.gone?.calls),
    supervisions: merge(before.supervisions, change.supervisions, change.gone?.supervisions),
    outsideListenings: merge(
      before.outsideListenings,
      change.outsideListenings,
      change.gone?.outsideListenings,
    ),
    pbxs: change.pbxs ?? before.pbxs,
    thresholds: change.thresholds ?? before.thresholds,
  };
}

const comparable = ({ seq: _, at: __, ...rows }: LiveSnapshot): string => {
  const sorted = <T extends { id: string }>(list: T[]) => list.toSorted((a, b) => a.id.localeCompare(b.id));
  return JSON.stringify({
    agents: sorted(rows.agents),
    queues: sorted(rows.queues),
    calls: sorted(rows.calls),
    supervisions: sorted(rows.supervisions),
    pbxs: rows.pbxs,
  });
};

/** Aim 1 s; what a person feels is tested at three times its aim. */
const toldLimitMs = 3_000;
const agent = fc.nat(agentCount - 1);
const queue = fc.constantFrom(...queueNames);
const slot = fc.nat(3);
const step = fc.oneof(
  fc.record({ do: fc.constant('endpoint' as const), agent, online: fc.boolean() }),
  fc.record({ do: fc.constant('members' as const), queue, agents: fc.uniqueArray(agent) }),
  fc.record({ do: fc.constant('pause' as const), queue, agent, paused: fc.boolean() }),
  fc.record({
    do: fc.constant('call' as const),
    slot,
    agents: fc.uniqueArray(agent, { maxLength: 2 }),
    queue: fc.option(queue),
    hold: fc.boolean(),
  }),
  fc.record({ do: fc.constant('end' as const), slot }),
  fc.record({ do: fc.constant('supervise' as const), slot, agent, ended: fc.boolean() }),
  fc.record({ do: fc.constant('link' as const), lost: fc.boolean() }),
  fc.record({ do: fc.constant('ami' as const), lost: fc.boolean() }),
  fc.record({
    do: fc.constant('teams' as const),
    agent,
    teams: fc.uniqueArray(fc.constantFrom(...teamNames)),
  }),
  fc.record({
    do: fc.constant('queue-teams' as const),
    queue,
    teams: fc.uniqueArray(fc.constantFrom(...teamNames)),
  }),
  fc.record({ do: fc.constant('told' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const callIds = Array.from({ length: 4 }, () => v7());
const supervisionIds = Array.from({ length: 4 }, () => v7());

async function act(built: Built, one: Exclude<Step, { do: 'told' }>): Promise<void> {
  const { agents, calls, supervisions, people, fact, onFact } = built;
  switch (one.do) {
    case 'endpoint':
      return onFact(fact({ kind: 'endpoint', device: `PJSIP/100${one.agent}`, online: one.online }));
    case 'members':
      return onFact(
        fact({
          kind: 'queue-members',
          queue: one.queue,
          members: one.agents.map((i) => queueMember(`PJSIP/100${i}`)),
        }),
      );
    case 'pause':
      return onFact(
        fact({
          kind: 'queue-pause',
          queue: one.queue,
          interface: `PJSIP/100${one.agent}`,
          paused: one.paused,
          reason: null,
        }),
      );
    case 'call': {
      const legs = one.agents.map((i) =>
        buildLeg({
          device: `PJSIP/100${i}`,
          callId: callIds[one.slot]!,
          state: one.hold ? 'on-hold' : 'talking',
        }),
      );
      return calls.put(callWith(built, one), legs);
    }
    case 'end': {
      const call = calls.byId(callIds[one.slot]!);
      return call && calls.end(call);
    }
    case 'supervise':
      return supervisions.put(
        buildSupervision({
          id: supervisionIds[one.slot]!,
          agentId: people[one.agent]!,
          state: one.ended ? 'ended' : 'live',
        }),
      );
    case 'link':
      return onFact(
        fact(
          one.lost
            ? { kind: 'pbx-lost', why: 'disconnected', detail: 'reset' }
            : { kind: 'pbx-connected', asteriskVersion: '22', startedAtMs: 0 },
        ),
      );
    case 'ami':
      return onFact(fact(one.lost ? { kind: 'ami-lost', detail: '' } : { kind: 'ami-connected' }));
    case 'teams':
      await agents.service.change(manager, people[one.agent]!, { teams: one.teams });
      return;
    case 'queue-teams':
      await agents.queues.set(manager, one.queue, { teams: one.teams });
  }
}

function callWith({ people }: Built, one: Extract<Step, { do: 'call' }>): Call {
  const from = '2026-11-21T09:00:00.000Z';
  const refs = one.agents.map((i) => ({ id: people[i]!, name: `Agent ${i}` }));
  return buildCall({
    id: callIds[one.slot]!,
    agent: refs[0] ?? null,
    segments: refs.map((ref) => ({
      agent: ref,
      device: '',
      from,
      to: null,
      talkMs: 0,
      holdMs: 0,
      endedBecause: null,
    })),
    queueVisits: one.queue
      ? [{ queue: one.queue, from, to: null, position: 1, outcome: null, attempts: [] }]
      : [],
  });
}

/** Ids of rows in a frame that this viewer may not see, by the rule as product says it. */
function strangers({ directory, agents }: Built, viewer: Viewer, frame: LiveChange): string[] {
  if (viewer.everyTeam) return [];
  const mine = (teamIds: readonly string[]) => teamIds.some((id) => viewer.teamIds.includes(id));
  const myAgent = (id: string) => mine(directory.byId(id)?.teams.map((team) => team.id) ?? []);
  const myQueue = (id: string) => {
    const { teamIds } = agents.shift.queue(queueKey('main', id))!;
    return teamIds.length === 0 || mine(teamIds);
  };
  const myCall = (call: Call) =>
    call.segments.some((segment) => myAgent(segment.agent!.id)) ||
    call.queueVisits.some((visit) => myQueue(visit.queue));
  return [
    ...(frame.agents ?? []).filter((row) => !mine(row.teams.map((team) => team.id)) || !myAgent(row.id)),
    ...(frame.queues ?? []).filter((row) => !myQueue(row.id)),
    ...(frame.calls ?? []).filter((call) => !myCall(call)),
    ...(frame.supervisions ?? []).filter((row) => !myAgent(row.agentId)),
  ].map((row) => row.id);
}

t.test(
  'snapshot and changes are what a fresh snapshot shows, and nobody is sent what is not his',
  async (t) => {
    const { db } = await testDatabase(t);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
        const built = await build({ teardown() {} }, db);
        const { north, south } = built.teams;
        const viewers = [
          viewerOf(['manager'], []),
          viewerOf(['supervisor'], [north]),
          viewerOf(['supervisor'], [south]),
          viewerOf(['supervisor'], [south, north]),
          viewerOf(['supervisor'], []),
          viewerOf(['supervisor', 'agent'], [north], built.people[0]!),
        ];
        const wrong: string[] = [];
        const followed = viewers.map((viewer) => ({
          viewer,
          ...follow(built.board, viewer, (frame) => wrong.push(...strangers(built, viewer, frame))),
        }));
        const told = () =>
          until(
            'the changes tell what is',
            () =>
              followed.every(({ viewer, state }) => comparable(state()) === comparable(built.fresh(viewer))),
            toldLimitMs,
          );
        try {
          for (const one of steps) await (one.do === 'told' ? told() : act(built, one));
          await told();
          if (wrong.length > 0) throw new Error(`sent to who may not see it: ${wrong.join(', ')}`);
          for (const { scope, state } of followed)
            if (comparable(built.board.snapshot(scope)) !== comparable(state()))
              throw new Error('a resync differs');
        } finally {
          built.stop();
        }
      }),
      { numRuns: Number(process.env['VIGIE_PROPERTY_RUNS'] ?? 60), endOnFailure: true },
    );
  },
);

t.test('who may not see the board gets none of it', async (t) => {
  const { db } = await testDatabase(t);
  const { board } = await build(t, db);
  for (const roles of [['admin'], ['agent'], []] as Role[][]) {
    const viewer = viewerOf(roles, []);
    for (const ask of [
      () => board.join(viewer),
      () => board.snapshotFor(viewer),
      () => board.scopeOf(viewer),
    ])
      t.throws(ask, { code: 'not-allowed' } as unknown as Error);
  }
});

t.test('each viewer is offered what he may do, and not to himself', async (t) => {
  const { db } = await testDatabase(t);
  const { board, calls, directory, onFact, fact, people, teams } = await build(t, db);
  await db
    .updateTable('people')
    .set({ roles: ['agent', 'supervisor'] })
    .where('id', '=', people[0]!)
    .execute();
  const id = v7();
  await db
    .insertInto('people')
    .values({ id, name: 'Sophie', roles: ['supervisor'], devices: ['PJSIP/1901'] })
    .execute();
  await directory.refresh();
  onFact(fact({ kind: 'endpoint', device: 'PJSIP/1000', online: true }));
  calls.put(buildCall({ id: callIds[0]! }), [buildLeg({ device: 'PJSIP/1000', callId: callIds[0]! })]);
  calls.put(buildCall({ id: callIds[1]! }), [
    buildLeg({ device: 'PJSIP/1004', callId: callIds[1]!, certain: false }),
  ]);
  const seen = (viewer: Viewer) =>
    board
      .snapshotFor(viewer)
      .agents.map(({ name, mayDo }) => `${name}: ${mayDo.join(' ')}`)
      .sort();
  t.same(seen(viewerOf(['supervisor'], [teams.north], id)), [
    'Agent 0: listen listen-persistent whisper barge intercept intercept-agent-listening chat',
    'Agent 2: ',
    'Agent 4: listen listen-persistent chat',
  ]);
  t.same(seen(viewerOf(['supervisor', 'agent'], [teams.north], people[0]!)), [
    'Agent 0: ',
    'Agent 2: ',
    'Agent 4: listen listen-persistent chat',
  ]);
  t.same(
    seen(viewerOf(['supervisor'], [teams.north])),
    ['Agent 0: chat', 'Agent 2: ', 'Agent 4: chat'],
    'who has no phone',
  );
});

t.test('viewers who see the same share one sequence; it ends with the last of them', async (t) => {
  const { db } = await testDatabase(t);
  const { board, onFact, fact, teams } = await build(t, db);
  const [one, two] = [
    viewerOf(['supervisor'], [teams.north, teams.south]),
    viewerOf(['supervisor'], [teams.south, teams.north]),
  ];
  const first = follow(board, one);
  onFact(fact({ kind: 'endpoint', device: 'PJSIP/1000', online: true }));
  onFact(fact({ kind: 'queue-members', queue: 'sales', members: [queueMember('PJSIP/1000')] }));
  const begin = board.snapshot(first.scope).seq;
  await until('the change', () => first.state().seq > begin);
  t.equal(first.state().seq, begin + 1, 'a burst of facts is one change');
  t.equal(first.state().agents.find((row) => row.name === 'Agent 0')?.state, 'available');
  t.equal(board.join(two), first.scope);
  t.equal(board.snapshot(first.scope).seq, begin + 1);
  board.leave(first.scope);
  board.leave(first.scope);
  t.throws(() => board.snapshot(first.scope));
  t.equal(board.snapshot(board.join(two)).seq, begin, 'a new sequence begins with its own snapshot');
});

t.test('the panel says how true it is', async (t) => {
  const { db } = await testDatabase(t);
  const { board, onFact, fact } = await build(t, db);
  const pbx = () => board.snapshotFor(manager).pbxs[0]!;
  t.match(pbx(), {
    name: 'main',
    state: 'disconnected',
    ami: 'not-configured',
    queueMembershipMaxAgeMs: 10_000,
  });
  onFact(fact({ kind: 'pbx-connected', asteriskVersion: '22.10.1', startedAtMs: 0 }, 1_000));
  onFact(fact({ kind: 'ami-connected' }, 1_001));
  t.match(pbx(), {
    state: 'connected',
    since: '1970-01-01T00:00:01.000Z',
    ami: 'connected',
    queueMembershipMaxAgeMs: null,
  });
  for (const answers of [false, true]) {
    onFact(fact({ kind: 'pbx-commands', answers }, 1_001));
    t.match(pbx(), { state: 'connected', commandsAnswered: answers });
  }
  onFact(fact({ kind: 'ami-lost', detail: '' }, 1_002));
  for (const why of ['refused', 'replaced', 'too-old', 'disconnected'] as const) {
    onFact(fact({ kind: 'pbx-lost', why, detail: 'because' }, 2_000));
    t.match(pbx(), { state: why, detail: 'because', ami: 'disconnected', queueMembershipMaxAgeMs: 10_000 });
  }
});
