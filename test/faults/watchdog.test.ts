/** A server that is frozen, stuck or killed: what Asterisk is left with. */
import { once } from 'node:events';
import { Session } from 'node:inspector';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { hangUpOrphans, markVariableOf } from '../../src/adapters/ari/orphans.ts';
import { createAriTelephony } from '../../src/adapters/ari/telephony.ts';
import { openReader } from '../support/ari-reader.ts';
import { quietLog } from '../support/calls-people.ts';
import { openTestDatabase } from '../support/database.ts';
import { createFactRecorder } from '../support/facts.ts';
import { freshDataDir, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(120_000);
const lab = await startLab({ name: 'watchdog' });
const database = await openTestDatabase();
t.teardown(async () => {
  await lab.stop();
  await database.close();
});
const { ariUrl: url, ariUsername: username, ariPassword: password } = lab.pbx;
const address = (app: string) => ({ url, username, password, app });
const applications = async (): Promise<string[]> =>
  (await lab.pbx.ari.request<{ name: string }[]>('GET', '/applications')).map(({ name }) => name);
const settings = async (app: string) => ({
  DATA_DIR: await freshDataDir(t),
  DATABASE_URL: database.url,
  ARI_URL: url,
  ARI_USERNAME: username,
  ARI_PASSWORD: password,
  ARI_APP: app,
});
/** Aim 2 s; what a person feels is tested at three times its aim. */
const killedWithinMs = 6_000;

t.test('A server that is frozen is killed, and Asterisk is rid of its reader', async (t) => {
  const server = await serveVigie(t, await settings('frozen'));
  await waitFor(applications, (names) => names.includes('frozen'), 10_000);
  const gone = once(server.child, 'exit');
  const frozenAtMs = Date.now();
  server.child.kill('SIGSTOP');
  const [, signal] = (await gone) as [number | null, string];
  t.equal(signal, 'SIGKILL');
  await waitFor(applications, (names) => !names.includes('frozen'), 5_000);
  const tookMs = Date.now() - frozenAtMs;
  t.ok(tookMs < killedWithinMs, `rid of it after ${tookMs} ms`);
});

t.test('A server that lives is left alone, and one that stops says goodbye', async (t) => {
  const server = await serveVigie(t, await settings('lively'));
  await waitFor(applications, (names) => names.includes('lively'), 10_000);
  const startMs = Date.now();
  await waitFor(() => Date.now() - startMs > 4_000 && server.child.exitCode === null, Boolean, 10_000);
  t.equal(await server.end(), 0);
});

/** Has the threads that run now, this one excepted, compute for so long, and do nothing else. */
function stickOtherThreads(ms: number): Session {
  const session = new Session();
  session.connect();
  let isDone = false;
  session.on('NodeWorker.attachedToWorker', ({ params }) => {
    if (isDone) return;
    const expression = `{ const end = Date.now() + ${ms}; while (Date.now() < end); }`;
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    session.post('NodeWorker.sendMessageToWorker', { sessionId: params.sessionId, message });
  });
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, () => {
    isDone = true;
  });
  return session;
}

t.test('A reader’s thread that is stuck is begun anew, and its deaf connection is closed', async (t) => {
  const recorder = createFactRecorder();
  const telephony = createAriTelephony({ name: 'main', ari: address('stuck'), log: quietLog });
  await telephony.start(recorder.take);
  t.teardown(() => telephony.stop());
  await recorder.next('resynced');
  const from = recorder.facts.length;
  const stuckAtMs = Date.now();
  const session = stickOtherThreads(60_000);
  t.teardown(() => session.disconnect());
  await waitFor(applications, (names) => !names.includes('stuck'), 10_000);
  const tookMs = Date.now() - stuckAtMs;
  t.ok(tookMs < killedWithinMs, `rid of it after ${tookMs} ms`);
  await recorder.next('resynced', () => true, { from, limitMs: 15_000 });
});

async function leg(id: string, app: string, appArgs = id): Promise<void> {
  await lab.pbx.ari.request('POST', '/channels', {
    endpoint: 'Local/8010@from-internal',
    app,
    appArgs,
    channelId: id,
  });
  await waitFor(ids, (all) => all.includes(id), 5_000);
}
const ids = async (): Promise<string[]> =>
  (await lab.pbx.ari.request<{ id: string }[]>('GET', '/channels')).map(({ id }) => id);

t.test(
  'Legs that nobody adopts are hung up; whoever talks with a customer goes on until he leaves',
  async (t) => {
    const reader = await openReader(address('orphans'));
    const [alone, busy, customer] = ['vigie-alone-phone-1', 'vigie-busy-phone-1', 'customer-1'];
    for (const id of [alone, busy]) await leg(id, 'orphans');
    await leg(customer, 'orphans', 'vigie-busy-customer-1');
    const bridgeId = 'vigie-busy-bridge';
    await lab.pbx.ari.request('POST', '/bridges', { type: 'mixing', bridgeId });
    await waitFor(
      () =>
        lab.pbx.ari
          .request('POST', `/bridges/${bridgeId}/addChannel`, { channel: `${busy},${customer}` })
          .then(() => true),
      Boolean,
      5_000,
    );
    await reader.close();
    const mark = (value: string) =>
      lab.pbx.ari.request('POST', '/asterisk/variable', { variable: markVariableOf('orphans'), value });
    await mark('the-next');
    const leave = { mark: 'the-dead', log: quietLog, graceMs: 200 };
    t.equal(await hangUpOrphans(address('orphans'), leave), null, 'another server is there');
    await mark('the-dead');
    const keeping = hangUpOrphans(address('orphans'), leave);
    await waitFor(ids, (all) => !all.includes(alone), 5_000);
    const left = await ids();
    t.ok(left.includes(busy) && left.includes(customer), 'the customer keeps his company');
    await lab.pbx.ari.request('DELETE', `/channels/${busy}`);
    await waitFor(ids, (all) => !all.includes(customer), 5_000);
    t.equal(await keeping, 2, 'and is not left with silence');
  },
);
