/** Two real PBXs on one panel, with a trunk between them: what each tells, and a supervisor whose phone is on the other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { toneLevel } from '../../scripts/lab/tone.ts';
import type { Agent } from '../../src/contract/agents.ts';
import { projectFolder } from '../../src/paths.ts';
import { openLivePanel } from '../support/live-panel.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(300_000);
const password = 'correct horse battery';
const dialplan = readFileSync(join(projectFolder(), 'dialplan', 'extensions_vigie.conf'), 'utf8');
const lyon = await startLab({
  name: 'lyon',
  pbx: { dialplan, peers: [{ name: 'from-paris', context: 'vigie-from-pbx' }] },
});
t.teardown(() => lyon.stop());
const trunks = [{ name: 'to-lyon', sipPort: lyon.pbx.sipPort, fromUser: 'from-paris' }];
const paris = await startLab({ name: 'paris', pbx: { dialplan, trunks } });
t.teardown(() => paris.stop());

const DATA_DIR = await freshDataDir(t);
const file = join(t.testdir(), 'pbxs.json');
const entry = (name: string, lab: Lab, more: object = {}) => ({
  name,
  ari: { url: lab.pbx.ariUrl, username: lab.pbx.ariUsername, password: lab.pbx.ariPassword },
  ...more,
});
const dialStrings = { lyon: 'PJSIP/{device}@to-lyon' };
writeFileSync(file, JSON.stringify([entry('paris', paris, { dialStrings }), entry('lyon', lyon)]));
const settings = { DATA_DIR, PBX_CONFIG: file };
const { address } = await serveVigie(t, settings);

const addUser = (...args: string[]) => runVigie(['user', 'add', ...args], settings, `${password}\n`);

/** A manager with this phone; his cookie. */
async function signInManager(login: string, endpoint: string, pbx: string): Promise<string> {
  const who = ['--login', login, '--name', login, '--role', 'manager'];
  const ran = await addUser(...who, '--endpoint', endpoint, '--pbx', pbx);
  if (ran.code !== 0) throw new Error(ran.err);
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
const cookie = await signInManager('sophie', 'PJSIP/1901', 'lyon');

async function ask(method: string, path: string, body?: unknown) {
  const reply = await fetch(address + path, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
}
const addAgent = async (name: string, pbx: string): Promise<string> =>
  (await ask('POST', '/api/agents', { name, endpoint: 'PJSIP/1001', pbx })).body.id;
const ana = await addAgent('Ana', 'paris');
const bea = await addAgent('Bea', 'lyon');
const panel = await openLivePanel(address, cookie);
t.teardown(() => panel.close());

const agent = (id: string) => panel.now().agents.find((one) => one.id === id)!;
const linkOf = (name: string) => panel.now().pbxs.find((pbx) => pbx.name === name)!;
const callsOf = async (pbx: string) => (await ask('GET', `/api/calls?pbx=${pbx}`)).body.items;
const waiting = (pbx: string) =>
  panel.now().queues.find((queue) => queue.pbx === pbx && queue.id === 'waiting')?.waiting;

async function talk(lab: Lab): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const customer = await lab.phones.call({ from: 'customer', to: '1001', codec: 'slin16' });
  await customer.waitAnswered();
  const [answering] = await waitFor(
    () => lab.phones.callsOf('1001'),
    (calls) => calls[0]?.answeredAt !== undefined,
  );
  return { customer, agent: answering! };
}

await waitFor(
  () =>
    panel
      .now()
      .pbxs.map(({ state }) => state)
      .join(),
  (states) => states === 'connected,connected',
);

t.test('The command line asks which PBX where there are several', async (t) => {
  t.match(await addUser('--login', 'x', '--name', 'X', '--role', 'agent', '--endpoint', 'PJSIP/1001'), {
    code: 1,
    err: /^validation-failed: Say which PBX: paris, lyon/,
  });
});

t.test('Each PBX tells of its own agents and queues, of the same names, and of no other’s', async (t) => {
  const { customer } = await talk(paris);
  await waitFor(
    () => agent(ana).state,
    (state) => state === 'on-call',
  );
  t.not(agent(bea).state, 'on-call', 'another phone of that name');
  t.same([agent(ana).pbx, agent(bea).pbx], ['paris', 'lyon']);
  const queued = await lyon.phones.call({ from: 'customer', to: '8010' });
  await waitFor(
    () => waiting('lyon'),
    (count) => count === 1,
  );
  t.not(waiting('paris'), 1, 'the queue of that name on the other');
  await queued.hangup();
  await customer.hangup();
  const [atParis, atLyon] = await Promise.all(
    ['paris', 'lyon'].map((pbx) =>
      waitFor(
        () => callsOf(pbx),
        (calls) => calls[0]?.endedAt != null,
      ),
    ),
  );
  t.match(atParis, [{ pbx: 'paris', agent: { id: ana }, reason: 'customer-hung-up' }]);
  t.match(atLyon, [{ pbx: 'lyon', agent: null, reason: 'abandoned-in-queue' }]);
  t.equal(atParis.length + atLyon.length, 2);
  for (const [queue, count] of [
    ['lyon/waiting', 1],
    ['paris/waiting', 0],
    ['waiting', 1],
  ] as const)
    t.equal((await ask('GET', `/api/calls?queue=${queue}`)).body.items.length, count, queue);
});

t.test('A supervisor whose phone is on another PBX hears and speaks through the trunk', async (t) => {
  const before = (await callsOf('lyon')).length;
  const { customer, agent: answering } = await talk(paris);
  await waitFor(() => agent(ana).mayDo.includes('listen'));
  const ears = { paris: await paris.listen(), lyon: await lyon.listen() };
  const wish = { agentId: ana, mode: 'listen', scope: 'call', reason: 'Quality', device: 'phone' };
  const started = await ask('POST', '/api/supervisions', wish);
  t.equal(started.status, 201);
  const path = `/api/supervisions/${started.body.id}`;
  await waitFor(
    async () => (await ask('GET', path)).body.state,
    (state) => state === 'live',
    15_000,
  );
  const phone = lyon.phones.callsOf('1901')[0]!;
  t.ok(phone.autoAnswerAsked, 'his phone was asked to answer by itself, across the trunk');
  const tonesHz = [customer.toneHz, answering.toneHz, phone.toneHz];
  /** Who is heard at a phone, by tone, over half a second. */
  async function heard(lab: 'paris' | 'lyon', call: PhoneCall): Promise<string[]> {
    const fromMs = Date.now() + 200;
    const { levels } = await ears[lab].heardBy(call, { fromMs, toMs: fromMs + 500, tonesHz });
    const names = ['customer', 'agent', 'supervisor'];
    return names.filter((_, i) => levels[tonesHz[i]!]!.mean > toneLevel / 4);
  }
  t.same(await heard('lyon', phone), ['customer', 'agent']);
  t.same(await heard('paris', answering), ['customer']);
  t.equal((await ask('PATCH', path, { mode: 'whisper' })).status, 200);
  t.same(await heard('paris', answering), ['customer', 'supervisor']);
  t.same(await heard('paris', customer), ['agent']);
  t.equal((await ask('PATCH', path, { mode: 'barge' })).status, 200);
  t.same(await heard('paris', customer), ['agent', 'supervisor']);
  t.equal((await ask('DELETE', path)).status, 200);
  await waitFor(
    () => lyon.phones.callsOf('1901').length,
    (count) => count === 0,
  );
  await customer.hangup();
  for (const lab of [paris, lyon])
    await waitFor(
      async () => (await lab.pbx.channels()).length,
      (count) => count === 0,
    );
  await waitFor(
    () => callsOf('paris'),
    (calls) => calls.length === 2 && calls[0]?.endedAt != null,
  );
  t.equal((await callsOf('lyon')).length, before, 'ringing him is no call of the other PBX');
  t.notMatch(readFileSync(lyon.pbx.cdrFile, 'utf8'), /PJSIP\/1901/, 'and stands in no call record there');
});

t.test(
  'Where no trunk leads, the button is not offered, and the click is refused with the reason',
  async (t) => {
    const other = await signInManager('pierre', 'PJSIP/1902', 'paris');
    const { customer } = await talk(lyon);
    await waitFor(() => agent(bea).mayDo.includes('listen'));
    const seen = await fetch(`${address}/api/agents/${bea}`, { headers: { cookie: other } });
    t.notOk(((await seen.json()) as Agent).mayDo.includes('listen'));
    const refused = await fetch(`${address}/api/supervisions`, {
      method: 'POST',
      headers: { cookie: other, 'content-type': 'application/json' },
      body: JSON.stringify({
        agentId: bea,
        mode: 'listen',
        scope: 'call',
        reason: 'Quality',
        device: 'phone',
      }),
    });
    t.match(
      { status: refused.status, body: await refused.json() },
      { status: 409, body: { code: 'phone-on-other-pbx' } },
    );
    await customer.hangup();
  },
);

t.test('One PBX that is down says so, and stops nothing of the other; it comes back by itself', async (t) => {
  await lyon.pbx.kill();
  await waitFor(
    () => linkOf('lyon').state,
    (state) => state === 'disconnected',
  );
  t.equal(linkOf('paris').state, 'connected');
  const { customer } = await talk(paris);
  await waitFor(
    () => agent(ana).state,
    (state) => state === 'on-call',
  );
  await customer.hangup();
  await waitFor(
    () => callsOf('paris'),
    (calls) => calls.length === 3 && calls[0]?.endedAt != null,
  );
  const doctor = await runVigie(['doctor'], settings);
  t.equal(doctor.code, 2, 'one of them cannot be reached');
  t.match(doctor.out, /^PBX paris\nfine [\s\S]*\nPBX lyon\n(missing|wrong) +ARI/m);
  t.notMatch(doctor.out, paris.pbx.ariPassword);
  await lyon.pbx.start();
  await waitFor(
    () => linkOf('lyon').state,
    (state) => state === 'connected',
  );
  t.match(await runVigie(['doctor'], settings), { out: /PBX paris[\s\S]*PBX lyon/ });
});
