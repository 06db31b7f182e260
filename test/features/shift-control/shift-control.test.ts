import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import type { PauseReason } from '../../../src/contract/agent-page.ts';
import type { Permission, Role } from '../../../src/contract/permissions.ts';
import { createAgents } from '../../../src/features/agents/agents.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { removedReason } from '../../../src/features/shift-control/control-rules.ts';
import { createHelpRequests } from '../../../src/features/shift-control/help-requests.ts';
import { createPauseReasons } from '../../../src/features/shift-control/pause-reasons.ts';
import { createShiftControl } from '../../../src/features/shift-control/shift-control.service.ts';
import { noTies } from '../../../src/ports/absent.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { CommandOutcome, QueueCommands } from '../../../src/ports/telephony.ts';
import type { QueueMember } from '../../../src/ports/telephony-facts.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { testDatabase } from '../../support/database.ts';
import {
  factory,
  handMadeAudit,
  handMadeCalls,
  handMadeSupervisions,
  queueMember,
  quietLog,
} from '../../support/live.ts';

const person = (roles: Role[], teamIds: string[] = [], id = v7()): Viewer =>
  makeViewer({ id, name: 'Sophie', roles, teamIds });
const manager = person(['manager']);

/** The real shift, told by hand what the PBX says, and a manager of the PBX that writes down what it is asked. */
async function build(t: Test) {
  const { db } = await testDatabase(t);
  const directory = createPeopleDirectory({ db });
  const agents = createAgents({
    db,
    pbxNames: ['main'],
    directory,
    calls: handMadeCalls(),
    supervisions: handMadeSupervisions(),
    presence: createPanelPresence({ graceMs: 0 }),
    ties: noTies,
    audit: handMadeAudit(),
    clock: systemClock,
    log: quietLog,
    watchQueues() {},
  });
  await agents.start();
  t.teardown(() => agents.stop());
  const asked: string[] = [];
  const audited: string[] = [];
  let outcome: CommandOutcome = { ok: true };
  const note = (name: string) => async (request: unknown) => {
    asked.push(`${name} ${JSON.stringify(request)}`);
    return outcome;
  };
  const queues: QueueCommands = {
    pause: note('pause'),
    add: note('add'),
    setPenalty: note('penalty'),
    remove: note('remove'),
    logOffAgent: note('log-off'),
  };
  const audit = {
    write: async ({ action, subjectId }: { action: string; subjectId: string | null }) => {
      audited.push(`${action} ${subjectId} after ${asked.length} commands`);
    },
  };
  const control = createShiftControl({
    shift: agents.shift,
    people: directory,
    queuesOf: () => queues,
    audit,
  });
  const fact = factory();
  agents.onFact(fact({ kind: 'ami-connected' }));
  const alice = await agents.service.add(manager, {
    name: 'Alice',
    endpoint: 'PJSIP/1001',
    teams: ['North'],
    interfaces: ['Local/1001@from-queue/n'],
  });
  const bob = await agents.service.add(manager, { name: 'Bob', endpoint: 'PJSIP/1002', teams: ['South'] });
  const north = alice.teams[0]!.id;
  return {
    db,
    directory,
    agents,
    control,
    audit,
    audited,
    alice,
    bob,
    own: person(['agent'], [north], alice.id),
    supervisor: person(['supervisor'], [north]),
    says: (queue: string, ...members: QueueMember[]) =>
      agents.onFact(fact({ kind: 'queue-members', queue, members })),
    fact: (...of: Parameters<typeof fact>) => agents.onFact(fact(...of)),
    answers: (with_: CommandOutcome) => {
      outcome = with_;
    },
    /** What the PBX was asked since the last time. */
    asked: () => asked.splice(0),
  };
}
const local = 'Local/1001@from-queue/n';

t.test(
  'an agent is paused in all his queues by himself or by who controls him, and by nobody else',
  async (t) => {
    const { control, alice, bob, own, supervisor, says, asked, audited } = await build(t);
    const pause = (viewer: Viewer, paused: boolean, reason: string | null = null, id = alice.id) =>
      control.pause(viewer, id, { paused, reason });
    await t.rejects(pause(own, true), { code: 'agent-not-in-queue' });
    says('sales', queueMember(local, { static: false }), queueMember('PJSIP/1002'));
    says('support', queueMember(local, { static: true }), queueMember('PJSIP/1001', { static: false }));
    t.same(await pause(own, true, 'Déjeuner'), { agentId: alice.id, exceptions: [] });
    t.same(
      asked().sort(),
      [local, 'PJSIP/1001'].map(
        (name) => `pause {"queue":null,"interface":"${name}","paused":true,"reason":"Déjeuner"}`,
      ),
      'each of his interfaces once, in every queue',
    );
    t.same(audited, [`agent.paused ${alice.id} after 0 commands`], 'written before the PBX is asked');

    const paused = { paused: true, pauseReason: 'Déjeuner' };
    await t.rejects(pause(own, false), { code: 'agent-not-paused' }, 'the PBX has not said so yet');
    says('sales', queueMember(local, { static: false, ...paused }));
    says('support', queueMember(local, { static: true, ...paused }), queueMember('PJSIP/1001', paused));
    await t.rejects(pause(own, true, 'Déjeuner'), { code: 'agent-already-paused' });
    await pause(own, true, 'Réunion');
    await t.rejects(pause(supervisor, true, 'Réunion'), { code: 'agent-already-paused' });
    asked();
    await pause(supervisor, false, 'not sent');
    t.match(asked()[0], /"paused":false,"reason":null/);

    for (const [viewer, code] of [
      [person(['supervisor'], [v7()]), 'agent-not-found'],
      [person(['admin']), 'not-allowed'],
      [
        person(
          ['agent'],
          alice.teams.map(({ id }) => id),
        ),
        'not-allowed',
      ],
      [person(['agent'], [v7()], bob.id), 'agent-not-found'],
      [{ ...own, permissions: new Set<Permission>() }, 'not-allowed'],
      [
        { ...supervisor, withheld: new Map([[alice.teams[0]!.id, new Set(['agents.control'] as const)]]) },
        'not-allowed',
      ],
    ] as const)
      await t.rejects(pause(viewer, false), { code }, code);
    await t.rejects(pause(manager, true, null, v7()), { code: 'agent-not-found' });
    t.same(asked(), [], 'nobody else reached the PBX');
  },
);

t.test(
  'an agent joins a queue as the member he is elsewhere, and what he may not he is refused',
  async (t) => {
    const { control, alice, own, supervisor, says, asked, agents, fact } = await build(t);
    says('sales');
    says('support');
    const join = (viewer: Viewer, queue: string, penalty = 3) =>
      control.joinQueue(viewer, alice.id, queue, { penalty });
    await join(supervisor, 'sales');
    t.same(
      asked(),
      [
        `add {"queue":"sales","interface":"${local}","stateInterface":"PJSIP/1001","name":null,"penalty":3,"paused":false}`,
      ],
      'nowhere yet: his own interface, and his device tells his state',
    );
    const hinted = { stateInterface: 'hint:1001@ext-local', name: 'Alice M', static: true };
    says('sales', queueMember(local, { ...hinted, penalty: 3 }));
    await join(supervisor, 'support', 0);
    t.same(asked(), [
      `add {"queue":"support","interface":"${local}","stateInterface":"hint:1001@ext-local","name":"Alice M","penalty":0,"paused":false}`,
    ]);
    await join(supervisor, 'sales', 9);
    t.same(asked(), [`penalty {"queue":"sales","interface":"${local}","penalty":9}`]);

    says('sales', queueMember(local, { ...hinted, penalty: 3, paused: true, pauseReason: 'Déjeuner' }));
    await join(supervisor, 'support');
    t.same(
      asked().map((text) => text.replace(/"stateInterface.*"penalty/, '…')),
      [
        `add {"queue":"support","interface":"${local}",…":3,"paused":true}`,
        `pause {"queue":"support","interface":"${local}","paused":true,"reason":"Déjeuner"}`,
      ],
      'who is on a pause joins paused, for the same reason',
    );
    await join(supervisor, 'sales');
    t.same(asked(), [], 'a pause of his own is not ended by putting him where he is');
    says('sales', queueMember(local, { ...hinted, penalty: 3, paused: true, pauseReason: removedReason }));
    await join(supervisor, 'sales');
    t.same(
      asked(),
      [`pause {"queue":"sales","interface":"${local}","paused":false,"reason":null}`],
      'put back where he was removed',
    );

    await t.rejects(join(own, 'sales'), { code: 'not-allowed' });
    await t.rejects(join(supervisor, 'no such queue'), { code: 'queue-not-found' });
    await agents.queues.set(manager, 'support', { teams: ['South'] });
    await t.rejects(join(supervisor, 'support'), { code: 'queue-not-found' }, 'a queue of other teams');
    const nobody = await agents.service.add(manager, { name: 'Zoé', endpoint: 'PJSIP/1009' });
    await agents.service.change(manager, nobody.id, { devices: [] });
    await t.rejects(control.joinQueue(manager, nobody.id, 'sales', { penalty: 0 }), {
      code: 'agent-has-no-device',
    });
    fact({ kind: 'ami-lost', detail: 'gone' });
    await t.rejects(join(supervisor, 'sales'), { code: 'needs-ami' });
    t.same(asked(), []);
  },
);

t.test(
  'who leaves a queue is removed where he may be and paused where he may not; logging out does both everywhere',
  async (t) => {
    const { control, alice, bob, supervisor, says, asked, audited, fact } = await build(t);
    says('sales', queueMember(local, { static: false }), queueMember('PJSIP/1001', { static: true }));
    says('support', queueMember('PJSIP/1001', { static: true }));
    says('other', queueMember('PJSIP/1002'));
    const leave = (queue: string) => control.leaveQueue(supervisor, alice.id, queue);
    t.same(await leave('sales'), {
      agentId: alice.id,
      exceptions: [{ queue: 'sales', why: 'queue-member-static' }],
    });
    t.same(asked(), [
      `remove {"queue":"sales","interface":"${local}"}`,
      `pause {"queue":"sales","interface":"PJSIP/1001","paused":true,"reason":"${removedReason}"}`,
    ]);
    await t.rejects(leave('other'), { code: 'agent-not-in-queue' });
    await t.rejects(leave('none'), { code: 'queue-not-found' });
    fact({ kind: 'agent-login', agent: '1001', uniqueId: '1.1', loggedIn: true });
    fact({ kind: 'agent-login', agent: '1002', uniqueId: '1.2', loggedIn: true });
    t.same(await control.logOut(supervisor, alice.id), {
      agentId: alice.id,
      exceptions: [
        { queue: 'sales', why: 'queue-member-static' },
        { queue: 'support', why: 'queue-member-static' },
      ],
    });
    t.same(asked().sort(), [
      'log-off "1001"',
      `pause {"queue":"sales","interface":"PJSIP/1001","paused":true,"reason":"${removedReason}"}`,
      `pause {"queue":"support","interface":"PJSIP/1001","paused":true,"reason":"${removedReason}"}`,
      `remove {"queue":"sales","interface":"${local}"}`,
    ]);
    t.match(audited.join('\n'), /agent.queue-left \S+ after 0 commands\nagent.logged-out/);
    await t.rejects(control.logOut(supervisor, bob.id), { code: 'agent-not-found' });
    t.same(asked(), []);
  },
);

t.test('what the PBX does not do is said by its code, whatever else succeeded', async (t) => {
  const { control, alice, supervisor, says, answers, asked } = await build(t);
  says('sales', queueMember('PJSIP/1001', { static: false }));
  says('support', queueMember('PJSIP/1001', { static: false }));
  for (const [why, code] of [
    ['refused', 'pbx-refused'],
    ['gone', 'pbx-refused'],
    ['timeout', 'pbx-timeout'],
    ['unreachable', 'pbx-unreachable'],
  ] as const) {
    answers({ ok: false, why, detail: 'Interface not found' });
    await t.rejects(control.logOut(supervisor, alice.id), { code, message: 'Interface not found' });
    t.equal(asked().length, 2, 'the other queue was tried too');
  }
});

t.test(
  'a request for help is the agent’s own, is told at once, is taken by who controls him, and survives a restart',
  async (t) => {
    const { db, directory, alice, bob, own, supervisor, audit, audited } = await build(t);
    const make = () => createHelpRequests({ db, people: directory, audit, clock: systemClock });
    const help = make();
    const told: string[] = [];
    help.onChange((id) => told.push(id));
    t.equal(help.of(alice.id), null);
    await help.ask(own, alice.id, '  Le client menace <b>  ');
    t.match(help.of(alice.id), { text: 'Le client menace <b>' });
    const { sinceMs } = help.of(alice.id)!;
    await help.ask(own, alice.id, '');
    t.same(help.of(alice.id), { sinceMs, text: '' }, 'asked again: the words are new, the time is not');
    t.same(told, [alice.id, alice.id]);

    const afterwards = make();
    await afterwards.reload();
    t.same(afterwards.of(alice.id), { sinceMs, text: '' });

    await t.rejects(help.ask(supervisor, alice.id, ''), { code: 'not-allowed' });
    await t.rejects(help.ask(own, bob.id, ''), { code: 'not-allowed' });
    for (const [viewer, code] of [
      [person(['admin']), 'not-allowed'],
      [person(['supervisor'], [v7()]), 'agent-not-found'],
      [
        person(
          ['agent'],
          alice.teams.map(({ id }) => id),
        ),
        'not-allowed',
      ],
    ] as const)
      await t.rejects(help.end(viewer, alice.id), { code });
    await help.end(supervisor, alice.id);
    t.equal(help.of(alice.id), null);
    await help.end(supervisor, alice.id);
    await help.ask(own, alice.id, 'again');
    await help.end(own, alice.id);
    t.same(
      audited.map((text) => text.split(' ')[0]),
      [
        'agent.help-asked',
        'agent.help-asked',
        'agent.help-taken',
        'agent.help-asked',
        'agent.help-withdrawn',
      ],
      'taken twice is taken once',
    );
    await afterwards.reload();
    t.equal(afterwards.of(alice.id), null, 'the other server sees it gone');
  },
);

t.test(
  'pause reasons are offered in their order, set by who sets up queues, and survive a restart',
  async (t) => {
    const { db, audit, own, supervisor } = await build(t);
    const reasons = createPauseReasons({ db, audit });
    await reasons.reload();
    t.equal(reasons.get(own)[0]?.name, 'Pause');
    let told = 0;
    reasons.onChange(() => {
      told += 1;
    });
    const wanted: PauseReason[] = [
      { name: 'Zen', overMinutes: null },
      { name: 'Café <b>', overMinutes: 10 },
    ];
    t.same(await reasons.set(manager, wanted), wanted);
    t.equal(told, 1);
    const next = createPauseReasons({ db, audit });
    await next.reload();
    t.same(next.current(), wanted);
    await t.rejects(reasons.set(supervisor, []), { code: 'not-allowed' });
    await t.rejects(reasons.set(manager, [...wanted, ...wanted]), { code: 'validation-failed' });
    t.throws(() => reasons.get({ ...own, permissions: new Set() }), { code: 'not-allowed' });
    t.same(reasons.get(supervisor), wanted);
  },
);
