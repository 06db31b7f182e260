/** ARI_TRANSPORT=outbound: Asterisk dials the server, and keeps for it what happens while it is away. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { WebSocket } from 'ws';
import { startLab } from '../../scripts/lab/index.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { createAriTelephony } from '../../src/adapters/ari/telephony.ts';
import { createAsteriskDoor } from '../../src/adapters/asterisk-door/door.ts';
import { createAriClient } from '../../src/asterisk-ari-client/index.ts';
import { runDoctor } from '../../src/doctor.ts';
import { createFactRecorder, createMemoryLog } from '../support/facts.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

t.setTimeout(180_000);
const server = createServer((_, reply) => void reply.writeHead(404).end());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const proxy = await createTcpProxy((server.address() as AddressInfo).port);
const address = `ws://127.0.0.1:${proxy.port}/asterisk/ws/main`;
const lab = await startLab({ name: 'outbound', pbx: { dials: address } });
const { ariUrl: url, ariUsername: username, ariPassword: password } = lab.pbx;
const log = createMemoryLog();
const readerPath = `\0vigie-test-${process.pid}`;
const door = createAsteriskDoor(server, [{ name: 'main', username, password, readerPath }], log);
const telephony = createAriTelephony({
  name: 'main',
  ari: { url, username, password, app: 'vigie', transport: 'outbound', doorPath: readerPath },
  log,
  mark: 'this-run',
});
const recorder = createFactRecorder();
await telephony.start(recorder.take);
t.teardown(async () => {
  await telephony.stop();
  door.close();
  await proxy.close();
  server.close();
  await lab.stop();
});
await recorder.next('resynced');

t.test(
  'Commands go over the connection that Asterisk made, and what is refused has its reason',
  async (t) => {
    t.same(await telephony.commands.createBridge('vigie-outbound-bridge', 'test'), { ok: true });
    t.equal((await telephony.commands.listOwn()).bridges.length, 1);
    t.same(await telephony.commands.destroyBridge('vigie-outbound-bridge'), { ok: true });
    t.match(await telephony.commands.hangUp('vigie-nobody'), { ok: false, why: 'gone' });
    const mark = () =>
      lab.pbx.ari.request<{ value: string }>('GET', '/asterisk/variable', { variable: 'VIGIE_SERVER_vigie' });
    await waitFor('the mark', async () => (await mark()).value === 'this-run');
  },
);

t.test('Who does not know the password, or names another PBX, is refused and changes nothing', async (t) => {
  const generation = recorder.facts.at(-1)!.generation;
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const right = basic(`${username}:${password}`);
  for (const [to, headers, status] of [
    [address, basic(`${username}:wrong`), 401],
    [address, {}, 401],
    [address.replace('main', 'other'), right, 401],
    [address.replace('main', '..%2fmain'), right, 401],
    // One connection for each PBX: the first is kept while it lives.
    [address, right, 409],
  ] as const) {
    const stranger = new WebSocket(to, ['ari'], { headers });
    const [error] = (await once(stranger, 'error')) as [Error];
    t.match(error.message, String(status), `${to} ${status}`);
  }
  await lab.phones.call({ from: 'customer', to: '8014' });
  const created = await recorder.next('leg-created');
  t.equal(created.generation, generation, 'the same connection goes on');
  await lab.phones.hangupAll();
  await waitFor('its end', () => recorder.of('leg-ended').length > 0);
});

t.test('The doctor sees that Asterisk dials, and says what its memory pays', async (t) => {
  let text = '';
  const ari = { url, username, password, app: 'vigie', transport: 'outbound' as const };
  const pbx = { name: 'main', ari, ami: null, cel: null, phoneContext: null, dialStrings: {} };
  await runDoctor({ pbxs: [pbx], dataDir: '/nowhere' }, { write: (part) => (text += part) });
  t.match(text, /fine +Outbound websocket: /);
  t.match(text, /fine +subscribe_all: /);
  t.match(text, /fine +Memory of Asterisk: .*1 GB is some/);
});

t.test(
  'Every call of an outage is told when the server is back, with its true times and causes',
  async (t) => {
    proxy.cut();
    await recorder.next('pbx-lost', (fact) => fact.why === 'disconnected');
    const from = recorder.facts.length;
    const before = Date.now();
    const calls = await lab.sipp({ calls: mixedCalls(120), callsPerSecond: 40 });
    const after = Date.now();
    t.notOk(
      recorder.facts.slice(from).some(({ kind }) => kind.startsWith('leg-')),
      'nothing is heard meanwhile',
    );
    proxy.mend();
    await recorder.next('resynced', () => true, { from });
    const told = recorder.facts.slice(from);
    const endedIds = new Set(told.flatMap((fact) => (fact.kind === 'leg-ended' ? [fact.uniqueId] : [])));
    const customers = told.flatMap((fact) =>
      fact.kind === 'leg-created' &&
      fact.leg.caller.number.startsWith('0611') &&
      fact.leg.channel.startsWith('PJSIP/trunk')
        ? [fact]
        : [],
    );
    const reached = calls.filter(({ status }) => status !== undefined);
    t.equal(new Set(customers.map(({ leg }) => leg.caller.number)).size, reached.length, 'each call once');
    t.ok(
      customers.every(({ leg }) => endedIds.has(leg.uniqueId)),
      'and its end',
    );
    t.ok(
      customers.every(({ atMs }) => atMs >= before - 1000 && atMs <= after + 1000),
      'at its own time',
    );
    t.notOk(
      told.some(({ kind }) => kind === 'leg-vanished'),
      'nothing is unknown',
    );
  },
);

t.test('A connection that is open and dead is found, reset, and made anew', async (t) => {
  const from = recorder.facts.length;
  proxy.turn('silent');
  const deadAtMs = performance.now();
  t.match(await recorder.next('pbx-lost', () => true, { from }), { detail: 'silent' });
  const foundMs = performance.now() - deadAtMs;
  t.ok(foundMs < 6_000, `found after ${Math.round(foundMs)} ms`);
  proxy.mend();
  await recorder.next('resynced', () => true, { from, limitMs: 20_000 });
});

t.test(
  'An Asterisk that is killed dials again, and every leg of before is gone because it restarted',
  async (t) => {
    const arriving = lab.phones.nextCall('1001');
    await lab.phones.call({ from: 'customer', to: '1001' });
    await (await arriving).waitAnswered();
    const from = recorder.facts.length;
    await lab.pbx.kill();
    await recorder.next('pbx-lost', () => true, { from });
    await lab.pbx.start();
    await recorder.next('resynced', () => true, { from, limitMs: 30_000 });
    const vanished = recorder.facts
      .slice(from)
      .flatMap((fact) => (fact.kind === 'leg-vanished' ? [fact] : []));
    t.equal(vanished.length, 2);
    t.ok(vanished.every(({ becauseRestarted }) => becauseRestarted));
    await lab.phones.hangupAll();
  },
);

t.test(
  'Another program that takes the application is said, not fought, and the way back is told',
  async (t) => {
    const thief = createAriClient({ url, username, password, app: 'vigie', log });
    t.teardown(() => thief.close());
    const from = recorder.facts.length;
    thief.connect();
    await thief.whenConnected();
    const lost = await recorder.next('pbx-lost', (fact) => /shutdown websocket session/.test(fact.detail), {
      from,
    });
    t.equal(lost.why, 'replaced');
    t.equal(thief.stats().generation, 1);
    t.ok(thief.isConnected, 'the other program is left alone');
    t.notOk(recorder.facts.slice(from).some(({ kind }) => kind === 'resynced'));
    await thief.close();
    const afterwards = recorder.facts.length;
    await lab.pbx.cli('ari shutdown websocket session vigie-outbound');
    await lab.pbx.cli('ari start outbound-websocket vigie-outbound');
    await recorder.next('resynced', () => true, { from: afterwards, limitMs: 15_000 });
    await lab.phones.call({ from: 'customer', to: '8014' });
    await recorder.next('leg-created', () => true, { from: afterwards });
  },
);
