/** Facts of a real Asterisk with real phones: what ARI's adapter tells, and that it loses nothing. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { createAriTelephony } from '../../src/adapters/ari/telephony.ts';
import { createAriClient } from '../../src/asterisk-ari-client/index.ts';
import { createFactRecorder, createMemoryLog, type FactRecorder } from '../support/facts.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

t.setTimeout(300_000);
const lab = await startLab({ name: 'ari-adapter', pbx: { overloadTrigger: 'global' } });
t.teardown(() => lab.stop());

interface Watching {
  recorder: FactRecorder;
  telephony: ReturnType<typeof createAriTelephony>;
  log: ReturnType<typeof createMemoryLog>;
}

/** A telephony adapter on the lab's PBX under its own application name, stopped with the test. */
async function watch(
  t: Test,
  app: string,
  { port = lab.ports.ari, password = lab.pbx.ariPassword, queues = [] as string[] } = {},
): Promise<Watching> {
  const recorder = createFactRecorder();
  const log = createMemoryLog();
  const telephony = createAriTelephony({
    name: 'main',
    ari: { url: `http://127.0.0.1:${port}/ari`, username: lab.pbx.ariUsername, password, app },
    log,
  });
  t.teardown(() => telephony.stop());
  telephony.watchQueues(queues);
  await telephony.start(recorder.take);
  return { recorder, telephony, log };
}

async function watchLive(t: Test, app: string, options?: Parameters<typeof watch>[2]): Promise<Watching> {
  const watching = await watch(t, app, options);
  await watching.recorder.next('resynced');
  return watching;
}

/** A customer in conversation with an agent. */
async function talk(to: string, agentNumber: string, callerName = '') {
  const arriving = lab.phones.nextCall(agentNumber);
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', callerName, to });
  const agent = await arriving;
  await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
  return { customer, agent };
}

/** The kinds of the facts of some legs, in their order, without what says nothing of a call's course. */
function storyOf({ facts }: FactRecorder, from = 0): string[] {
  return facts.slice(from).flatMap((fact) => {
    const name = (channel: string) => channel.replace(/-[0-9a-f]{8}/, '');
    if (fact.kind === 'leg-created') return [`${name(fact.leg.channel)} created`];
    if (fact.kind === 'leg-state') return [`${name(fact.leg.channel)} ${fact.leg.state}`];
    if (fact.kind === 'dial') return [`${name(fact.peer.channel)} dial ${fact.status}`.trimEnd()];
    if (fact.kind === 'bridge-entered') return [`${name(fact.leg.channel)} enters ${fact.bridge}`];
    if (fact.kind === 'leg-ended') return [`${name(fact.channel)} ended`];
    return [];
  });
}

t.test('A direct call is told leg by leg, with who hung up and why', async (t) => {
  const { recorder } = await watchLive(t, 'dial');
  const from = recorder.facts.length;
  const { agent, customer } = await talk('1001', '1001');
  await agent.hangup();
  await customer.waitEnded();
  await waitFor('both ends', () => recorder.of('leg-ended').length === 2);
  const story = storyOf(recorder, from);
  t.same(
    new Set(story),
    new Set([
      'PJSIP/trunk created',
      'PJSIP/trunk up',
      'PJSIP/trunk enters mixing',
      'PJSIP/trunk ended',
      'PJSIP/1001 created',
      'PJSIP/1001 ringing',
      'PJSIP/1001 up',
      'PJSIP/1001 enters mixing',
      'PJSIP/1001 ended',
      'PJSIP/1001 dial',
      'PJSIP/1001 dial RINGING',
      'PJSIP/1001 dial ANSWER',
    ]),
  );
  const [customerLeg, agentLeg] = recorder.of('leg-created').map((fact) => fact.leg);
  t.match(customerLeg, { caller: { number: '0612345678' }, dialplan: { exten: '1001' }, state: 'ring' });
  t.equal(agentLeg!.linkedId, customerLeg!.uniqueId, 'the linked id comes with every leg');
  const begin = recorder.of('dial')[0]!;
  t.equal(begin.callerUniqueId, customerLeg!.uniqueId);
  t.equal(begin.peer.uniqueId, agentLeg!.uniqueId);
  for (const end of recorder.of('leg-ended')) {
    t.equal(end.hangupSource, agentLeg!.channel, 'the agent hung up');
    t.equal(end.cause, 16);
  }
  const headers = recorder.facts.map(({ generation, sequence }) => `${generation}/${sequence}`);
  t.equal(new Set(headers).size, headers.length, 'every fact has a name of its own');
  const agentEnd = recorder.of('leg-ended').find((end) => end.uniqueId === agentLeg!.uniqueId)!;
  t.ok(Math.abs(agentEnd.atMs - customer.end!.at) < 200, 'times are the PBX’s own');
});

t.test('A refused call carries the phone’s own SIP code', async (t) => {
  const { recorder } = await watchLive(t, 'refused');
  lab.phones.behave('1002', { answer: 'reject', sipCode: 603 });
  const customer = await lab.phones.call({ from: 'customer', to: '1002' });
  await customer.waitEnded();
  const end = await recorder.next('leg-ended', (fact) => fact.channel.startsWith('PJSIP/1002-'));
  t.equal(end.sipCode, 603);
  t.equal(end.cause, 21);
  lab.phones.behave('1002', { answer: 'auto' });
});

t.test('A queue call through a Local member shows the chain down to the real device', async (t) => {
  const { recorder } = await watchLive(t, 'queue');
  const arriving = Promise.any(['1004', '1005', '1006'].map((number) => lab.phones.nextCall(number)));
  const customer = await lab.phones.call({ from: 'customer', to: '8002' });
  const agent = await arriving;
  await agent.waitAnswered();
  const entered = await waitFor('four legs in bridges', () => {
    const all = recorder.of('bridge-entered');
    return all.length >= 4 && all;
  });
  t.equal(new Set(entered.map((fact) => fact.bridgeId)).size, 2, 'two bridges');
  t.equal(recorder.of('leg-created').length, 4, 'four legs');
  const queued = await recorder.next('leg-dialplan', ({ leg }) => leg.dialplan.app === 'Queue');
  t.match(queued.leg.dialplan.appData, /^support/);
  const device = recorder
    .of('leg-created')
    .find(({ leg }) => leg.channel.startsWith(`PJSIP/${agent.phone}-`))!;
  const dialled = recorder.of('dial').find((fact) => fact.peer.uniqueId === device.leg.uniqueId)!;
  const local = recorder.of('leg-created').find(({ leg }) => leg.uniqueId === dialled.callerUniqueId)!;
  t.match(local.leg.channel, /^Local\/.*;2$/);
  await agent.hold();
  t.equal((await recorder.next('leg-hold')).held, true);
  await agent.unhold();
  await recorder.next('leg-hold', (fact) => !fact.held);
  await customer.hangup();
  await waitFor('all legs ended', () => recorder.of('leg-ended').length === 4);
});

t.test('Blind and attended transfers are told with both ends', async (t) => {
  const { recorder } = await watchLive(t, 'transfers');
  const first = await talk('1001', '1001');
  const arriving = lab.phones.nextCall('1003');
  await first.agent.blindTransfer('1003');
  const blind = await recorder.next('blind-transfer');
  t.match(blind, { exten: '1003', succeeded: true });
  const third = await arriving;
  await third.waitAnswered();
  await first.customer.hangup();

  const second = await talk('1001', '1001');
  const answering = lab.phones.nextCall('1002');
  const consult = await lab.phones.call({ from: '1001', to: '1002' });
  const consulted = await answering;
  await Promise.all([consult.waitAnswered(), consulted.waitAnswered()]);
  await second.agent.attendedTransfer(consult);
  const attended = await recorder.next('attended-transfer');
  t.equal(attended.succeeded, true);
  t.not(attended.transferer1UniqueId, attended.transferer2UniqueId);
  await second.customer.hangup();
  await consulted.waitEnded();
});

/** Takes every contact of a phone away from the PBX, as a phone does that is switched off in an orderly way. */
async function unregister(number: string): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = `sip:${number}@127.0.0.1`;
  const request = [
    `REGISTER sip:127.0.0.1:${lab.pbx.sipPort} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK-away;rport`,
    `From: <${address}>;tag=away`,
    `To: <${address}>`,
    'Call-ID: away',
    'CSeq: 1 REGISTER',
    'Contact: *',
    'Expires: 0',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ];
  socket.send(request.join('\r\n'), lab.pbx.sipPort, '127.0.0.1');
  await once(socket, 'message');
  socket.close();
}

t.test('Every device’s state is told at the start, and a phone that goes away at once', async (t) => {
  const { recorder } = await watchLive(t, 'devices');
  const states = (device: string) => recorder.of('device-state').filter((fact) => fact.device === device);
  await waitFor('states', () =>
    ['PJSIP/1001', 'PJSIP/1903', 'PJSIP/1011'].every((device) => states(device).length > 0),
  );
  t.equal(states('PJSIP/1001')[0]!.state, 'not-in-use');
  t.equal(states('PJSIP/1903')[0]!.state, 'unavailable', 'never registered');
  t.equal(recorder.of('endpoint').find((fact) => fact.device === 'PJSIP/1903')!.online, false);
  const from = recorder.facts.length;
  await unregister('1011');
  await recorder.next('endpoint', (fact) => fact.device === 'PJSIP/1011' && fact.online === false, { from });
  await recorder.next(
    'device-state',
    (fact) => fact.device === 'PJSIP/1011' && fact.state === 'unavailable',
    { from },
  );
});

t.test(
  'Names with HTML, emoji, right-to-left text and great length arrive as they are or cut by the PBX, and break nothing',
  async (t) => {
    const { recorder } = await watchLive(t, 'names');
    for (const name of ['<img src=x onerror=alert(1)>', '🙂 Zoé \u202Eשלום', `long ${'x'.repeat(2000)}`]) {
      const from = recorder.facts.length;
      const { customer, agent } = await talk('1001', '1001', name);
      const created = await recorder.next('leg-created', () => true, { from });
      t.ok(created.leg.caller.name.length > 4);
      if (name.length < 50) t.equal(created.leg.caller.name, name);
      await customer.hangup();
      await agent.waitEnded();
      await waitFor('both ends', () => recorder.of('leg-ended').length % 2 === 0);
    }
  },
);

t.test(
  'Queue membership is known within ten seconds without AMI, pauses at once, and no CDR row comes of it',
  async (t) => {
    const { recorder } = await watchLive(t, 'members', { queues: ['sales', 'no-such-queue'] });
    const rows = async () => (await readFile(lab.pbx.cdrFile, 'utf8').catch(() => '')).split('\n').length;
    const before = await rows();
    const first = await recorder.next('queue-members', (fact) => fact.queue === 'sales');
    t.same(first.members.map((member) => member.interface).sort(), [
      'PJSIP/1001',
      'PJSIP/1002',
      'PJSIP/1003',
    ]);
    t.notOk(recorder.of('queue-members').some((fact) => fact.queue === 'no-such-queue'));
    await lab.pbx.cli('queue pause member PJSIP/1001 queue sales reason Lunch');
    const pausedAt = Date.now();
    const paused = await recorder.next(
      'queue-pause',
      (fact) => fact.interface === 'PJSIP/1001' && fact.paused,
    );
    t.equal(paused.queue, 'sales');
    t.ok(Date.now() - pausedAt < 500);
    let from = recorder.facts.length;
    await lab.pbx.cli('queue unpause member PJSIP/1001 queue sales');
    await lab.pbx.cli('queue add member PJSIP/1010 to sales penalty 3');
    const hasMember = (fact: { queue: string; members: { interface: string }[] }) =>
      fact.queue === 'sales' && fact.members.some((member) => member.interface === 'PJSIP/1010');
    const added = await recorder.next('queue-members', hasMember, { from, limitMs: 10_000 });
    t.equal(added.members.find((member) => member.interface === 'PJSIP/1010')!.penalty, 3);
    from = recorder.facts.length;
    await lab.pbx.cli('queue remove member PJSIP/1010 from sales');
    await recorder.next('queue-members', (fact) => fact.queue === 'sales' && !hasMember(fact), {
      from,
      limitMs: 10_000,
    });
    t.equal(await rows(), before, 'no CDR row');
    t.notOk(recorder.facts.some((fact) => 'uniqueId' in fact && fact.uniqueId.startsWith('vigie-')));
    await waitFor('no channel left', async () => (await lab.pbx.channels()).length === 0);
  },
);

t.test('A cut link is told, and what happened meanwhile is found when it is back', async (t) => {
  const proxy = await createTcpProxy(lab.ports.ari);
  t.teardown(() => proxy.close());
  const { recorder } = await watchLive(t, 'cut', { port: proxy.port });
  const staying = await talk('1001', '1001');
  const ending = await talk('1002', '1002');
  await waitFor('four legs', () => recorder.of('bridge-entered').length === 4);
  const stayingId = recorder.of('leg-created').find(({ leg }) => leg.channel.startsWith('PJSIP/1001-'))!
    .leg.uniqueId;
  const endingId = recorder.of('leg-created').find(({ leg }) => leg.channel.startsWith('PJSIP/1002-'))!
    .leg.uniqueId;
  const before = recorder.facts.at(-1)!;
  proxy.cut();
  const lost = await recorder.next('pbx-lost');
  t.equal(lost.why, 'disconnected');
  await ending.customer.hangup();
  await ending.agent.waitEnded();
  const from = recorder.facts.length;
  proxy.mend();
  const resynced = await recorder.next('resynced', () => true, { from });
  t.ok(resynced.generation > before.generation, 'a new generation');
  t.same(new Set(resynced.liveUniqueIds).has(stayingId), true);
  const vanished = recorder.of('leg-vanished');
  t.equal(vanished.length, 2, 'both legs of the call that ended unseen');
  t.ok(vanished.some((fact) => fact.uniqueId === endingId));
  for (const fact of vanished) {
    t.equal(fact.becauseRestarted, false);
    t.ok(fact.lastSeenAtMs <= fact.atMs && fact.lastSeenAtMs >= before.atMs - 5000);
  }
  t.equal(recorder.facts.slice(from).filter((fact) => fact.kind === 'leg-seen').length, 2);
  t.equal(recorder.facts.slice(from).filter((fact) => fact.kind === 'bridge-entered').length, 2);
  await staying.customer.hangup();
  await waitFor('its end, live', () => recorder.of('leg-ended').length === 2);
});

t.test('A link that is open and dead is found within two seconds', async (t) => {
  const proxy = await createTcpProxy(lab.ports.ari);
  t.teardown(() => proxy.close());
  const { recorder } = await watchLive(t, 'half-open', { port: proxy.port });
  proxy.turn('silent');
  const deadAtMs = performance.now();
  t.match(await recorder.next('pbx-lost'), { why: 'disconnected', detail: 'silent' });
  const foundMs = performance.now() - deadAtMs;
  // Three times what is aimed at: the machine may be busy.
  t.ok(foundMs < 6_000, `found after ${Math.round(foundMs)} ms`);
  const from = recorder.facts.length;
  proxy.mend();
  await recorder.next('resynced', () => true, { from, limitMs: 20_000 });
});

t.test('Hundreds of fast calls lose no fact', async (t) => {
  const { recorder } = await watchLive(t, 'fast');
  const calls = Array.from({ length: 300 }, (_, i) => ({
    to: '8501',
    callerId: `07${String(i).padStart(8, '0')}`,
    plan: 'hangup' as const,
    afterMs: 200,
  }));
  const made = await lab.sipp({ calls, callsPerSecond: 50 });
  t.equal(made.filter((call) => call.ending === 'caller').length, 300);
  await waitFor('every leg’s end', () => recorder.of('leg-ended').length >= 600);
  const customers = recorder.of('leg-created').filter(({ leg }) => /^07/.test(leg.caller.number));
  t.equal(new Set(customers.map(({ leg }) => leg.caller.number)).size, 300);
  t.equal(recorder.of('leg-created').length, 600);
  t.equal(recorder.of('leg-ended').length, 600);
  t.equal(recorder.of('bridge-entered').length, 600);
  t.equal(recorder.of('dial').filter((fact) => fact.status === 'ANSWER').length, 300);
});

t.test(
  'A server that does nothing for three seconds leaves no event unread and no call refused',
  async (t) => {
    const { recorder } = await watchLive(t, 'blocked');
    const calls = Array.from({ length: 200 }, (_, i) => ({
      to: '8501',
      callerId: `08${String(i).padStart(8, '0')}`,
      plan: 'hangup' as const,
      afterMs: 100,
    }));
    const making = lab.sipp({ calls, callsPerSecond: 50 });
    await recorder.next('leg-created');
    const until = performance.now() + 3000;
    while (performance.now() < until);
    const made = await making;
    t.equal(made.filter((call) => call.ending === 'caller').length, 200, 'every call went through');
    await waitFor('every leg’s end', () => recorder.of('leg-ended').length >= 400);
    t.equal(recorder.of('pbx-lost').length, 0);
    t.equal(recorder.of('leg-created').length, 400);
  },
);

t.test('Whoever takes the application name away keeps it, and that is said', async (t) => {
  const { recorder } = await watchLive(t, 'taken');
  const thief = createAriClient({
    url: lab.pbx.ariUrl,
    username: lab.pbx.ariUsername,
    password: lab.pbx.ariPassword,
    app: 'taken',
  });
  t.teardown(() => thief.close());
  const lostByThief: unknown[] = [];
  thief.on('replaced', (info) => void lostByThief.push(info));
  thief.connect();
  const lost = await recorder.next('pbx-lost');
  t.equal(lost.why, 'replaced');
  const { customer } = await talk('1001', '1001');
  await customer.hangup();
  t.same(lostByThief, []);
  t.equal(recorder.of('leg-created').length, 0);
});

t.test('A wrong password and a name already in use are said and fought by nobody', async (t) => {
  const wrong = await watch(t, 'wrong', { password: 'not-the-password' });
  const refused = await wrong.recorder.next('pbx-lost');
  t.equal(refused.why, 'refused');
  t.notMatch(wrong.log.text + JSON.stringify(refused), 'not-the-password');

  const holder = await watchLive(t, 'shared');
  const newcomer = await watch(t, 'shared');
  const inUse = await newcomer.recorder.next('pbx-lost');
  t.equal(inUse.why, 'replaced');
  t.match(inUse.detail, /ARI_APP/);
  const { customer } = await talk('1001', '1001');
  await customer.hangup();
  await waitFor('the holder still hears', () => holder.recorder.of('leg-ended').length === 2);
  t.equal(holder.recorder.of('pbx-lost').length, 0);
  t.equal(newcomer.recorder.of('leg-created').length, 0);
});

t.test('After a crash of Asterisk every leg has vanished because of it', async (t) => {
  const { recorder } = await watchLive(t, 'crash');
  await talk('1001', '1001');
  await waitFor('both legs', () => recorder.of('bridge-entered').length === 2);
  const from = recorder.facts.length;
  await lab.pbx.kill();
  await recorder.next('pbx-lost');
  await lab.pbx.start();
  await recorder.next('resynced', () => true, { from, limitMs: 30_000 });
  const vanished = recorder.of('leg-vanished');
  t.equal(vanished.length, 2);
  for (const fact of vanished) t.equal(fact.becauseRestarted, true);
});
