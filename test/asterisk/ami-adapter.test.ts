/** What the manager adds to ARI, on a real Asterisk. */
import t, { type Test } from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { createAmi } from '../../src/adapters/ami/ami.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { createFactRecorder, createMemoryLog } from '../support/facts.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

const lab = await startLab({ name: 'ami-adapter' });
t.teardown(() => lab.stop());

/** The manager's adapter as a careful administrator allows it: `call,agent` to read and to write. */
async function watch(t: Test, port = lab.pbx.amiPort) {
  const recorder = createFactRecorder();
  const ami = createAmi({
    name: 'main',
    ami: { host: '127.0.0.1', port, username: 'careful', password: lab.pbx.amiPassword },
    clock: systemClock,
    log: createMemoryLog(),
  });
  ami.start(recorder.take);
  t.teardown(() => ami.stop());
  await recorder.next('ami-connected');
  return { recorder, ami };
}

/** How long after the act the fact was there. */
async function delayOf(act: () => Promise<unknown>, fact: () => Promise<unknown>): Promise<number> {
  const waiting = fact();
  await act();
  const actedAt = performance.now();
  await waiting;
  return Math.max(0, performance.now() - actedAt);
}

t.test('Every queue and member is known at once, static or not, with names and hints', async (t) => {
  const { recorder } = await watch(t);
  const byQueue = new Map(recorder.of('queue-members').map((fact) => [fact.queue, fact.members]));
  t.ok(byQueue.size >= 10, 'all queues, empty ones too');
  t.match(
    byQueue.get('support')!.find((member) => member.interface === 'Local/1004@from-queue/n'),
    { stateInterface: 'hint:1004@ext-local', name: 'David Moreau', static: true, paused: false },
  );
  t.same(byQueue.get('waiting'), []);
});

t.test('Pauses with their reasons and comings and goings are told within half a second', async (t) => {
  const { recorder, ami } = await watch(t);
  const member = { queue: 'sales', interface: 'PJSIP/1002' };
  const pausedMs = await delayOf(
    async () =>
      t.same(await ami.queues.pause({ ...member, paused: true, reason: 'Pause café' }), { ok: true }),
    () => recorder.next('queue-member', (fact) => fact.member.pauseReason === 'Pause café'),
  );
  t.ok(pausedMs < 500, `${pausedMs} ms`);
  await ami.queues.pause({ queue: null, interface: 'PJSIP/1002', paused: false, reason: null });
  await recorder.next(
    'queue-member',
    (fact) => fact.member.interface === 'PJSIP/1002' && !fact.member.paused,
  );
  const newcomer = {
    queue: 'sales',
    interface: 'PJSIP/1010',
    stateInterface: null,
    name: 'Jo',
    penalty: 7,
    paused: false,
  };
  const addedMs = await delayOf(
    async () => t.same(await ami.queues.add(newcomer), { ok: true }),
    () =>
      recorder.next(
        'queue-member',
        ({ member: { interface: name, penalty } }) => name === 'PJSIP/1010' && penalty === 7,
      ),
  );
  t.ok(addedMs < 500, `${addedMs} ms`);
  t.same(await ami.queues.remove(newcomer), { ok: true });
  t.match(await recorder.next('queue-member-gone'), { queue: 'sales', interface: 'PJSIP/1010' });
  t.match(await ami.queues.remove(member), { ok: false, why: 'refused', detail: 'Member not dynamic' });
  t.match(await ami.queues.pause({ queue: 'sales', interface: 'PJSIP/9999', paused: true, reason: null }), {
    ok: false,
  });
});

t.test('A waiting caller is told with his position, and giving up is told once, as such', async (t) => {
  const { recorder } = await watch(t);
  const customer = await lab.phones.call({ from: 'customer', to: '8010' });
  const joined = await recorder.next('queue-caller-joined');
  t.match(joined, { queue: 'waiting', position: 1, waiting: 1 });
  const second = await watch(t);
  t.match(await second.recorder.next('queue-caller-joined'), { uniqueId: joined.uniqueId, position: 1 });
  await customer.hangup();
  const left = await recorder.next('queue-caller-left');
  t.match(left, { uniqueId: joined.uniqueId, abandoned: true });
  await lab.pbx.cli('queue pause member PJSIP/1001 queue sales');
  await lab.pbx.cli('queue unpause member PJSIP/1001 queue sales');
  await recorder.next('queue-member', (fact) => fact.queue === 'sales' && !fact.member.paused);
  t.equal(recorder.of('queue-caller-left').length, 1);
});

t.test('Wrap-up is told with its end when the queue call is over', async (t) => {
  const { recorder } = await watch(t);
  const arriving = lab.phones.nextCall('1001');
  const customer = await lab.phones.call({ from: 'customer', to: '8009' });
  const agent = await arriving;
  await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
  await customer.hangup();
  const endedAtMs = Date.now();
  const wrapUp = await recorder.next('wrap-up', (fact) => fact.queue === 'wrapping');
  t.equal(wrapUp.interface, 'PJSIP/1001');
  t.ok(
    wrapUp.untilMs > endedAtMs + 3000 && wrapUp.untilMs < endedAtMs + 6000,
    `${wrapUp.untilMs - endedAtMs} ms`,
  );
});

t.test('Agents who stay on the line are told when they sign in and out', async (t) => {
  const { recorder } = await watch(t);
  t.ok(recorder.of('agent-login').every((fact) => !fact.loggedIn));
  const phone = await lab.phones.call({ from: '1001', to: '*617001' });
  t.match(await recorder.next('agent-login', (fact) => fact.loggedIn), { agent: '7001' });
  await phone.hangup();
  await recorder.next('agent-login', (fact) => fact.agent === '7001' && !fact.loggedIn, {
    from: recorder.facts.findIndex((fact) => fact.kind === 'agent-login' && fact.loggedIn),
  });
});

t.test('What changed while the manager was away is told when it is back', async (t) => {
  const proxy = await createTcpProxy(lab.pbx.amiPort);
  t.teardown(() => proxy.close());
  const { recorder } = await watch(t, proxy.port);
  proxy.cut();
  await recorder.next('ami-lost');
  await lab.pbx.cli('queue pause member PJSIP/1003 queue sales reason Away');
  const from = recorder.facts.length;
  proxy.mend();
  const sales = await recorder.next('queue-members', (fact) => fact.queue === 'sales', { from });
  t.match(
    sales.members.find((member) => member.interface === 'PJSIP/1003'),
    { paused: true, pauseReason: 'Away' },
  );
  await recorder.next('ami-connected', () => true, { from });
  await lab.pbx.cli('queue unpause member PJSIP/1003 queue sales');
});

t.test('A link that is open and dead is found within two seconds, and is made anew', async (t) => {
  const proxy = await createTcpProxy(lab.pbx.amiPort);
  t.teardown(() => proxy.close());
  const { recorder, ami } = await watch(t, proxy.port);
  proxy.turn('silent');
  const deadAtMs = performance.now();
  const lost = await recorder.next('ami-lost');
  const foundMs = performance.now() - deadAtMs;
  t.match(lost.detail, 'does not answer');
  // Three times what is aimed at: the machine may be busy.
  t.ok(foundMs < 6_000, `found after ${Math.round(foundMs)} ms`);
  t.notOk(ami.isConnected);
  const from = recorder.facts.length;
  proxy.mend();
  await recorder.next('ami-connected', () => true, { from });
});

t.test('The states of devices and of do-not-disturb are told by the manager, changes only', async (t) => {
  const { recorder, ami } = await watch(t);
  await recorder.next(
    'device-state',
    ({ device, state }) => device === 'PJSIP/1903' && state === 'unavailable',
  );
  await recorder.next(
    'device-state',
    ({ device, state }) => device === 'PJSIP/1001' && state === 'not-in-use',
  );
  t.ok(ami.tellsDeviceStates);
  await lab.pbx.cli('devstate change Custom:DND1001 BUSY');
  await recorder.next('device-state', ({ device, state }) => device === 'Custom:DND1001' && state === 'busy');
  const from = recorder.facts.length;
  await lab.pbx.cli('devstate change Custom:DND1001 NOT_INUSE');
  await recorder.next('device-state', ({ device }) => device === 'Custom:DND1001', { from });
  t.same(
    recorder.facts.slice(from).flatMap((fact) => (fact.kind === 'device-state' ? [fact.device] : [])),
    ['Custom:DND1001'],
  );
});
