/** Listening that Vigie had no part in, on a real PBX: ChanSpy, ExtenSpy and another program's snoop. */
import t from 'tap';
import { createLabAri } from '../../scripts/lab/ari.ts';
import { startLab } from '../../scripts/lab/index.ts';
import type { AuditEntry } from '../../src/contract/audit.ts';
import { type LivePanel, openLivePanel } from '../support/live-panel.ts';
import { freshDataDir, runVigie, type Server, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

const password = 'correct horse battery';
const dialplan = `
[codes](+)
exten => 5551,1,ChanSpy(PJSIP/1001,q)
exten => 5552,1,ChanSpy(PJSIP/1002,qw)
exten => 5550,1,ChanSpy(PJSIP/100,q)
exten => 5553,1,ExtenSpy(1001@from-trunk,q)
exten => 5554,1,MixMonitor(recorded.wav)
 same => n,Dial(PJSIP/1003)
`;
const lab = await startLab({ name: 'outside', pbx: { dialplan } });
t.teardown(() => lab.stop());
t.setTimeout(240_000);
const ari = {
  DATA_DIR: await freshDataDir(t),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const ami = {
  AMI_HOST: '127.0.0.1',
  AMI_PORT: String(lab.pbx.amiPort),
  // Rights and filter as the bundled sample gives them.
  AMI_USERNAME: 'careful',
  AMI_PASSWORD: lab.pbx.amiPassword,
};
const entriesOf = new Set(['outside-listening.began', 'outside-listening.ended']);

let server: Server = await serveVigie(t, { ...ari, ...ami });
await addPerson('sophie', 'manager', 'PJSIP/1901');
await addPerson('alice', 'agent', 'PJSIP/1001');
await addPerson('bruno', 'agent', 'PJSIP/1002');
let cookie = await signIn();
let panel: LivePanel = await openLivePanel(server.address, cookie);
t.teardown(() => panel.close());
await readWhole({ withAmi: true });

async function addPerson(login: string, role: string, device: string): Promise<void> {
  const args = ['user', 'add', '--login', login, '--name', login, '--role', role, '--endpoint', device];
  const ran = await runVigie([...args, '--team', 'North'], ari, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}
async function signIn(): Promise<string> {
  const reply = await fetch(`${server.address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'sophie', password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
async function readWhole({ withAmi }: { withAmi: boolean }): Promise<void> {
  const isRead = () => {
    const [pbx] = panel.now().pbxs;
    return pbx?.state === 'connected' && (!withAmi || pbx.ami === 'connected');
  };
  await waitFor(async () => isRead(), Boolean, 15_000);
}
async function restart(settings: Record<string, string>): Promise<void> {
  panel.close();
  if (server.child.exitCode === null && server.child.signalCode === null) await server.end();
  server = await serveVigie(t, settings);
  cookie = await signIn();
  panel = await openLivePanel(server.address, cookie);
  await readWhole({ withAmi: 'AMI_HOST' in settings });
}

/** Entries about listening from outside, oldest first. */
async function entries(): Promise<AuditEntry[]> {
  const reply = await fetch(`${server.address}/api/audit?limit=200`, { headers: { cookie } });
  const { items } = (await reply.json()) as { items: AuditEntry[] };
  return items.filter(({ action }) => entriesOf.has(action)).reverse();
}
const heard = () => panel.now().outsideListenings;
const idOf = (name: string): string => panel.now().agents.find((one) => one.name === name)!.id;
const shown = (count: number) =>
  waitFor(
    async () => heard(),
    (now) => now.length === count,
    10_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(heard())}`);
  });

async function talk(to = '1001') {
  const before = new Set(panel.now().calls.map(({ id }) => id));
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to });
  await customer.waitAnswered();
  const call = await waitFor(
    async () =>
      panel
        .now()
        .calls.find(
          ({ id, phase, callee }) => !before.has(id) && phase === 'talking' && callee?.number === to,
        ),
    (found) => found !== undefined,
    10_000,
  );
  return { customer, callId: call!.id };
}

t.test('A ChanSpy is on the board while it hears, and in the audit log from when to when', async (t) => {
  const { customer, callId } = await talk();
  const spy = await lab.phones.call({ from: '1901', to: '5551' });
  const [one] = await shown(1);
  t.match(one, {
    via: 'chanspy',
    by: { name: 'sophie' },
    listener: 'PJSIP/1901',
    agent: { name: 'alice' },
    callId,
  });
  await spy.hangup();
  await shown(0);
  const [began, ended, ...more] = (await waitFor(entries, (all) => all.length >= 2)).slice(-2);
  t.same(more, []);
  const details = { by: 'outside', listeningId: one!.id, via: 'chanspy', device: 'PJSIP/1901', pbx: 'main' };
  t.match(began, { action: 'outside-listening.began', actor: { name: 'sophie' }, callId, details });
  t.match(began!.subject, { id: idOf('alice') });
  t.match(ended, { action: 'outside-listening.ended', callId, details: { ...details, from: one!.since } });
  t.ok(Date.parse(String(ended!.details['to'])) > Date.parse(one!.since), 'it has an end');
  await customer.hangup();
});

t.test('A ChanSpy that waits hears nobody; each call it then hears is an entry of its own', async (t) => {
  const before = (await entries()).length;
  const spy = await lab.phones.call({ from: '1901', to: '5551' });
  await spy.waitAnswered();
  for (let i = 0; i < 2; i++) {
    t.same(heard(), []);
    const { customer, callId } = await talk();
    const [one] = await shown(1);
    t.match(one, { agent: { name: 'alice' }, callId });
    await customer.hangup();
    await shown(0);
  }
  t.equal((await waitFor(entries, (all) => all.length >= before + 4)).length, before + 4);
  await spy.hangup();
});

t.test('A foreign snoop is told by its application; ours and a recording are not', async (t) => {
  const { customer, callId } = await talk();
  const recorded = await lab.phones.call({ from: '1002', to: '5554' });
  const second = createLabAri(lab.pbx.ariUrl, lab.pbx.secondAri.username, lab.pbx.secondAri.password);
  const socket = await second.events('other-panel', () => {});
  t.teardown(() => socket.close());
  const channels = await lab.pbx.channels();
  const agentLeg = channels.find(({ name }) => name.startsWith('PJSIP/1001'))!;
  const path = `/channels/${agentLeg.uniqueId}/snoop`;
  const started = await fetch(`${server.address}/api/supervisions`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({
      agentId: idOf('alice'),
      mode: 'listen',
      scope: 'call',
      reason: 'Quality',
      device: 'phone',
    }),
  });
  t.equal(started.status, 201);
  await waitFor(
    async () => panel.now().supervisions,
    (all) => all.some(({ state }) => state === 'live'),
    10_000,
  );
  t.same(heard(), [], 'our own listening is none from outside');
  const snoop = await second.request<{ id: string }>('POST', path, { app: 'other-panel', spy: 'both' });
  const [one] = await shown(1);
  t.match(one, { via: 'snoop', by: null, listener: 'other-panel', agent: { name: 'alice' }, callId });
  await second.request('DELETE', `/channels/${snoop.id}`);
  await shown(0);
  const [began] = (await waitFor(entries, (all) => all.at(-1)?.details['listeningId'] === one!.id)).slice(-2);
  t.match(began, {
    actor: null,
    subject: { id: idOf('alice') },
    details: { by: 'outside', app: 'other-panel' },
  });
  await recorded.hangup();
  await customer.hangup();
});

t.test('After kill -9 in the middle, what goes on is found again and written once', async (t) => {
  const { customer } = await talk();
  const { customer: other } = await talk('1002');
  const spy = await lab.phones.call({ from: '1901', to: '5551' });
  const second = createLabAri(lab.pbx.ariUrl, lab.pbx.secondAri.username, lab.pbx.secondAri.password);
  const socket = await second.events('other-panel', () => {});
  t.teardown(() => socket.close());
  const channels = await lab.pbx.channels();
  const leg = channels.find(({ name }) => name.startsWith('PJSIP/1002'))!;
  const snoop = await second.request<{ id: string }>('POST', `/channels/${leg.uniqueId}/snoop`, {
    app: 'other-panel',
    spy: 'both',
  });
  const before = await shown(2);
  const written = (await entries()).length;
  panel.close();
  await server.end('SIGKILL');
  await spy.hangup();
  await restart({ ...ari, ...ami });
  const still = await shown(1);
  t.same(
    still,
    before.filter(({ via }) => via === 'snoop'),
    'it is the same one',
  );
  await second.request('DELETE', `/channels/${snoop.id}`);
  await shown(0);
  const after = await waitFor(entries, (all) => all.length >= written + 2);
  t.equal(after.length, written + 2, 'nothing was written twice, and each has one end');
  await customer.hangup();
  await other.hangup();
});

t.test('Without AMI the dialplan tells who is heard, and says so when it cannot tell which', async (t) => {
  await restart(ari);
  const { customer, callId } = await talk();
  const spy = await lab.phones.call({ from: '1901', to: '5551' });
  t.match(await shown(1), [{ via: 'chanspy', by: { name: 'sophie' }, agent: { name: 'alice' }, callId }]);
  await spy.hangup();
  await shown(0);
  const byExten = await lab.phones.call({ from: '1901', to: '5553' });
  t.match(await shown(1), [{ via: 'chanspy', agent: { name: 'alice' }, callId }], 'ExtenSpy, by the caller');
  await byExten.hangup();
  await shown(0);
  const { customer: other } = await talk('1002');
  const either = await lab.phones.call({ from: '1901', to: '5550' });
  t.match(await shown(1), [{ via: 'chanspy', agent: null, callId: null }], 'one of two');
  await either.hangup();
  await shown(0);
  await customer.hangup();
  await other.hangup();
});
