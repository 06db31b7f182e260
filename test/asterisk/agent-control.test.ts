/** Pauses, queues and log-out on a real PBX: what is asked for is seen there, and the panel shows what the PBX says. */
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import type { Agent } from '../../src/contract/agents.ts';
import { openLivePanel } from '../support/live-panel.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

const password = 'correct horse battery';
const lab = await startLab({ name: 'agent-control' });
t.teardown(() => lab.stop());
t.setTimeout(180_000);
const settings = {
  DATA_DIR: await freshDataDir(t),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
  AMI_HOST: '127.0.0.1',
  AMI_PORT: String(lab.pbx.amiPort),
  // Rights `agent,call`, as the bundled sample gives them.
  AMI_USERNAME: 'careful',
  AMI_PASSWORD: lab.pbx.amiPassword,
};
const { address } = await serveVigie(t, settings);

async function addPerson(login: string, role: string, ...more: string[]): Promise<string> {
  const ran = await runVigie(
    ['user', 'add', '--login', login, '--name', login, '--role', role, ...more],
    settings,
    `${password}\n`,
  );
  if (ran.code !== 0) throw new Error(ran.err);
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
const manager = await addPerson('sophie', 'manager');
const own = await addPerson('alice', 'agent', '--endpoint', 'PJSIP/1001', '--team', 'North');
const panel = await openLivePanel(address, manager);
t.teardown(() => panel.close());

const alice = (): Agent => panel.now().agents.find(({ name }) => name === 'alice')!;
const inQueue = (queue: string) => alice().queues.find(({ id }) => id === queue);
const shown = (what: string, holds: (agent: Agent) => boolean) =>
  waitFor(
    async () => alice(),
    (agent) => agent !== undefined && holds(agent),
    10_000,
  ).catch((error: Error) => {
    throw new Error(`${what}: ${error.message} ${JSON.stringify(alice()?.queues)}`);
  });
/** The member's line of `queue show`; '' when he is none. */
const onPbx = async (queue: string): Promise<string> =>
  (await lab.pbx.cli(`queue show ${queue}`)).split('\n').find((line) => line.includes('PJSIP/1001')) ?? '';

async function ask(method: string, path: string, body?: unknown, cookie = manager) {
  const reply = await fetch(`${address}/api/agents/${alice().id}${path}`, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}
const done = (exceptions: unknown[] = []) => ({ status: 200, body: { agentId: alice().id, exceptions } });
const removedHere = (queue: string) => ({ queue, why: 'queue-member-static' });

await shown('his queues are known', (agent) => agent.queues.length === 4 && agent.wrapUpKnown);

t.test('A pause with its reason is on the PBX in every queue, and its end too, by whomever', async (t) => {
  t.match(await ask('PUT', '/pause', { paused: true, reason: 'Déjeuner d’été' }, own), done());
  for (const queue of ['sales', 'hinted', 'ladder', 'wrapping'])
    t.match(await onPbx(queue), /paused:Déjeuner d’été/, queue);
  const paused = await shown('the pause', ({ state }) => state === 'paused');
  t.equal(paused.pauseReason, 'Déjeuner d’été');
  t.match(await ask('PUT', '/pause', { paused: true, reason: null }), {
    status: 409,
    body: { code: 'agent-already-paused' },
  });
  t.match(await ask('PUT', '/pause', { paused: false }), done());
  t.notMatch(await onPbx('sales'), /paused/);
  await shown('the end of the pause', ({ state }) => state === 'available');
});

t.test('He is put into a queue with a penalty, given another, and taken out of it', async (t) => {
  t.match(await ask('PUT', '/queues/waiting', { penalty: 4 }), done());
  t.match(await onPbx('waiting'), /with penalty 4 .*\(dynamic\)/);
  await shown('the queue', () => inQueue('waiting')?.penalty === 4 && inQueue('waiting')?.static === false);
  t.match(await ask('PUT', '/queues/waiting', { penalty: 7 }), done());
  t.match(await onPbx('waiting'), /with penalty 7 /);
  await shown('the penalty', () => inQueue('waiting')?.penalty === 7);
  t.match(await ask('DELETE', '/queues/waiting'), done());
  t.equal(await onPbx('waiting'), '');
  await shown('that he left', () => inQueue('waiting') === undefined);
  t.match(await ask('PUT', '/queues/no%20such', { penalty: 0 }), {
    status: 404,
    body: { code: 'queue-not-found' },
  });
  t.match(await ask('PUT', '/queues/waiting', { penalty: 0 }, own), {
    status: 403,
    body: { code: 'not-allowed' },
  });
});

t.test('Who is paused joins a queue paused, so that no call finds him', async (t) => {
  await ask('PUT', '/pause', { paused: true, reason: 'Formation' });
  await shown('the pause', ({ state }) => state === 'paused');
  t.match(await ask('PUT', '/queues/waiting', { penalty: 0 }), done());
  t.match(await onPbx('waiting'), /paused:Formation/);
  await shown('the queue', () => inQueue('waiting')?.paused === true);
  t.match(await ask('DELETE', '/queues/waiting'), done());
  await ask('PUT', '/pause', { paused: false });
  await shown('the end of the pause', ({ state }) => state === 'available');
});

t.test(
  'A static member is paused in that queue instead, the reply says so, and he can be put back',
  async (t) => {
    t.match(await ask('DELETE', '/queues/sales'), done([removedHere('sales')]));
    t.match(await onPbx('sales'), /paused:Retiré de la file/);
    t.notMatch(await onPbx('hinted'), /paused/, 'in that queue only');
    await shown('it', ({ state }) => state === 'available' && inQueue('sales')?.paused === true);
    t.equal(inQueue('sales')?.static, true);
    t.match(await ask('PUT', '/queues/sales', { penalty: 0 }), done());
    t.notMatch(await onPbx('sales'), /paused/);
    await shown('that he is back', () => inQueue('sales')?.paused === false);
  },
);

t.test(
  'Logging out leaves no queue that rings him and ends his AgentLogin, after the call he is in',
  async (t) => {
    const agent = await fetch(`${address}/api/agents/${alice().id}`, {
      method: 'PATCH',
      headers: { cookie: manager, 'content-type': 'application/json' },
      body: JSON.stringify({ interfaces: ['Local/7001@agents/n'] }),
    });
    t.equal(agent.status, 200);
    await ask('PUT', '/queues/waiting', { penalty: 0 });
    await shown('the queues', () => inQueue('waiting') !== undefined && inQueue('pool') !== undefined);
    const line = await lab.phones.call({ from: '1001', to: '*617001' });
    await line.waitAnswered();
    await waitFor(
      () => lab.pbx.cli('agent show online'),
      (text) => /7001 .*NOT_INUSE/.test(text),
      10_000,
    );
    const customer = await lab.phones.call({ from: 'customer', to: '8016' });
    await customer.waitAnswered();
    await shown('the call', ({ state }) => state === 'on-call');

    const out = await ask('POST', '/log-out', {});
    t.equal(out.status, 200);
    const { exceptions } = out.body as { exceptions: { queue: string }[] };
    t.same(exceptions.map(({ queue }) => queue).sort(), ['hinted', 'ladder', 'pool', 'sales', 'wrapping']);
    t.equal(await onPbx('waiting'), '', 'removed where he is dynamic');
    for (const queue of ['sales', 'hinted', 'ladder', 'wrapping'])
      t.match(await onPbx(queue), /paused/, queue);
    t.equal(customer.end, undefined, 'the customer is not cut off');
    t.equal(line.end, undefined);
    await customer.hangup();
    await waitFor(() => line.end, Boolean, 10_000);
    t.ok(line.end, 'his line ends with the call');
    await waitFor(
      () => lab.pbx.cli('agent show online'),
      (text) => !text.includes('7001'),
      10_000,
    );
    await shown('that he is paused everywhere', ({ state }) => state === 'paused');
  },
);

t.test('Each of these is in the audit log, by ids', async (t) => {
  const reply = await fetch(`${address}/api/audit?subject=${alice().id}&limit=100`, {
    headers: { cookie: manager },
  });
  const { items } = (await reply.json()) as { items: { action: string; details: unknown }[] };
  const actions = new Set(items.map(({ action }) => action));
  for (const action of ['paused', 'unpaused', 'queue-joined', 'queue-left', 'logged-out'])
    t.ok(actions.has(`agent.${action}`), action);
  t.notMatch(
    JSON.stringify(items.map(({ details }) => details)),
    /alice|1001|Déjeuner/,
    'no names, no numbers',
  );
});
