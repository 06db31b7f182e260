/** The way to Asterisk stalls, breaks and slows; Asterisk dies under a supervision. */
import t from 'tap';
import { seededRandom } from '../../scripts/lab/random.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import { inState, openScene, type Run } from '../support/supervision-scene.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

t.setTimeout(240_000);
const scene = await openScene({ name: 'links' });
const proxy = await createTcpProxy(scene.lab.ports.ari);
t.teardown(async () => {
  await scene.close();
  await proxy.close();
});
const run = await scene.start({ ariUrl: scene.lab.pbx.ariUrl.replace(/:\d+\//, `:${proxy.port}/`) });
const viewer = scene.viewer('1901');
/** Three times what is aimed at: the machine may be busy. */
const atOnceMs = 300;

const has = (kind: TelephonyFact['kind'], from: number, { facts }: Run = run) =>
  facts.slice(from).find((fact) => fact.kind === kind);
const isEvents = (firstBytes: string) => /upgrade: websocket/i.test(firstBytes);

t.test(
  'While Asterisk answers no request, a click is refused at once; what happens is still told',
  async (t) => {
    const { customer } = await scene.talk('1001', '1001');
    let from = run.facts.length;
    proxy.turn('silent', (firstBytes) => !isEvents(firstBytes));
    await waitFor('the stall to be noticed', () => has('pbx-commands', from), 15_000);
    t.match(has('pbx-commands', from), { answers: false });
    const clickedAtMs = performance.now();
    await t.rejects(run.feature.start(viewer, scene.wish('1001')), { code: 'pbx-unreachable' });
    const tookMs = performance.now() - clickedAtMs;
    t.ok(tookMs < atOnceMs, `refused after ${Math.round(tookMs)} ms`);
    await customer.hangup();
    await waitFor('the end of the call', () => has('leg-ended', from));
    t.notOk(has('pbx-lost', from), 'events go on');
    from = run.facts.length;
    proxy.mend();
    await waitFor('its answers', () => has('pbx-commands', from), 15_000);
    t.match(has('pbx-commands', from), { answers: true });
    const again = await scene.talk('1001', '1001');
    const { id } = await run.feature.start(viewer, scene.wish('1001'));
    await inState(run, viewer, id, 'live');
    await run.feature.stop(viewer, id);
    await again.customer.hangup();
    await waitFor('no call', () => run.calls.live.all().length === 0);
  },
);

t.test(
  'Cuts, resets, delays and a trickle under load leave no call open, none double, and commands work',
  async (t) => {
    const seed = Number(process.env['SEED'] || Math.floor(Math.random() * 1e6));
    t.comment(`SEED=${seed}`);
    const random = seededRandom(seed);
    const calls = mixedCalls(90, 620_000_000 + seed * 200);
    let isOver = false;
    const loading = scene.lab.sipp({ calls, callsPerSecond: 12 }).finally(() => {
      isOver = true;
    });
    const weathers = [
      () => proxy.reset(),
      () => proxy.cut(),
      () => proxy.turn('silent'),
      () => proxy.turn({ delayMs: 5 + Math.floor(random.next() * 200) }),
      () => proxy.turn({ bytesPerSecond: 2_000 + Math.floor(random.next() * 50_000) }),
    ];
    while (!isOver) {
      random.pick(weathers)();
      await passes(200 + random.next() * 2_000);
      proxy.mend();
      await passes(random.next() * 1_000);
    }
    await loading;
    const from = run.facts.length;
    proxy.reset();
    await waitFor('the last connection', () => has('resynced', from), 30_000);
    await waitFor('no call', () => run.calls.live.all().length === 0, 30_000);
    await waitFor(
      'all records',
      () => run.calls.counts().waiting === 0 && run.calls.unsettled() === 0,
      30_000,
    );
    const wanted = new Set(calls.map(({ callerId }) => callerId));
    const rows = await scene.db.selectFrom('calls').select(['id', 'unique_id', 'caller_number']).execute();
    const recorded = rows.filter(({ caller_number }) => wanted.has(caller_number ?? ''));
    t.ok(recorded.length > 0, `${recorded.length} of ${calls.length} were seen`);
    t.equal(new Set(recorded.map(({ unique_id }) => unique_id)).size, recorded.length, 'none twice');
    const { customer } = await scene.talk('1002', '1002');
    const { id } = await run.feature.start(viewer, scene.wish('1002'));
    await inState(run, viewer, id, 'live');
    await run.feature.stop(viewer, id);
    await customer.hangup();
  },
);

t.test(
  'Asterisk killed while ARI is away ends its calls and its supervisions as pbx-restarted',
  async (t) => {
    await scene.talk('1003', '1003');
    const { id } = await run.feature.start(viewer, scene.wish('1003'));
    await inState(run, viewer, id, 'live');
    const call = run.calls.live.all()[0]!;
    const from = run.facts.length;
    proxy.cut();
    await waitFor('the cut', () => has('pbx-lost', from));
    await scene.lab.pbx.kill();
    await scene.lab.pbx.start();
    proxy.mend();
    await waitFor('the connection', () => has('resynced', from), 30_000);
    t.match(await inState(run, viewer, id, 'ended'), { endedBecause: 'pbx-restarted' });
    const record = async () =>
      (await scene.db.selectFrom('calls').select(['reason']).where('id', '=', call.id).execute())[0]?.reason;
    await waitFor('its record', async () => (await record()) === 'pbx-restarted', 20_000);
    await scene.nothingOfOurs();
  },
);

/** Lets that much of the weather pass: there is no condition to wait for. */
const passes = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
