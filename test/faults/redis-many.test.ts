/** Two real servers and a PBX through Redis' own ways not to go away: sentinels, and a cluster. */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { startRedisCluster, startSentinels, type TestRedis } from '../support/redis.ts';
import { connectedSince, openServersScene } from '../support/servers-scene.ts';
import type { Server } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(300_000);
/** A server of Redis that dies is replaced by sentinels and clusters within this, as they are set here. */
const replacedMs = 20_000;

type Scene = Awaited<ReturnType<typeof openServersScene>>;

/** One call seen and recorded by both. */
async function oneCall(t: Test, scene: Scene, servers: Server[], recorded: number): Promise<void> {
  const panels = await Promise.all(servers.map((server) => scene.panelAt(t, server)));
  const { customer } = await scene.talk();
  for (const panel of panels)
    await waitFor(
      () => scene.stateOf(panel),
      (state) => state === 'on-call',
      replacedMs,
    );
  await customer.hangup();
  for (const server of servers)
    await waitFor(
      () => scene.records(server),
      (items) => items.length === recorded && items.every(({ reason }) => reason === 'customer-hung-up'),
      replacedMs,
    );
}

/** The Redis that holds the PBX dies, in a call; then the server that has the PBX. */
async function bothDie(t: Test, scene: Scene, killRedis: () => Promise<void>): Promise<void> {
  const servers = [scene.first, scene.second];
  await oneCall(t, scene, servers, 1);
  const [owner, other] = await scene.inOrder(servers);
  const [own, far] = await Promise.all([scene.panelAt(t, owner), scene.panelAt(t, other)]);
  const { customer } = await scene.talk();
  await waitFor(
    () => scene.stateOf(far),
    (state) => state === 'on-call',
  );
  const { since } = own.now().pbxs[0]!;
  await killRedis();
  await delay(1_000);
  await customer.hangup();
  const atMs = performance.now();
  await waitFor(
    () => scene.stateOf(far),
    (state) => state !== 'on-call',
    replacedMs,
  );
  t.comment(`told again after ${Math.round(performance.now() - atMs)} ms`);
  await waitFor(
    () => far.now().pbxs[0]?.state,
    (state) => state === 'connected',
    replacedMs,
  );
  t.same([await scene.owns(owner), await scene.owns(other)], [true, false], 'who had the PBX has it still');
  t.equal(own.now().pbxs[0]?.since, since, 'and has read it all along');
  await oneCall(t, scene, servers, 3);

  const before = far.now().pbxs[0]!.since;
  const killedMs = performance.now();
  await owner.end('SIGKILL');
  await connectedSince(far, before);
  const takenMs = Math.round(performance.now() - killedMs);
  t.ok(takenMs <= 9_000, `the other reads the PBX after ${takenMs} ms, aim 3 s`);
  t.ok(await scene.owns(other));
  await oneCall(t, scene, [other], 4);
}

t.test('Sentinels choose another Redis', async (t) => {
  const { url, master } = await startSentinels(t);
  const scene = await openServersScene(t, 'sentinels', url);
  await bothDie(t, scene, () => master.kill());
});

t.test('A server of the cluster is replaced by its replica', async (t) => {
  const { url, nodes } = await startRedisCluster(t);
  const scene = await openServersScene(t, 'cluster', url);
  await bothDie(t, scene, async () => (await holderOf(nodes)).kill());
});

/** The master with the keys of the PBX. */
async function holderOf(nodes: readonly TestRedis[]): Promise<TestRedis> {
  for (const node of nodes) {
    const isMaster = (await node.client.info('replication')).includes('role:master');
    if (isMaster && (await node.client.keys('*facts')).length > 0) return node;
  }
  throw new Error('no server of the cluster holds the facts');
}
