/** Who owns a PBX, what its owner tells, and what servers let one another know: on a real Redis. */
import t from 'tap';
import { createCircle } from '../../../src/adapters/redis/circle.ts';
import { entryOf } from '../../../src/adapters/redis/fact-entries.ts';
import { createFactFollow } from '../../../src/adapters/redis/fact-follow.ts';
import { createFactPublisher, type Unsent } from '../../../src/adapters/redis/fact-publisher.ts';
import { createLease, type Lease, leaseMs } from '../../../src/adapters/redis/lease.ts';
import {
  closeRedis,
  connectRedis,
  parseRedisUrl,
  redisKeys,
} from '../../../src/adapters/redis/redis-link.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { createMemoryLog } from '../../support/facts.ts';
import { startRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

const redis = await startRedis(t);
const keys = redisKeys('test');
const log = createMemoryLog();
t.setTimeout(120_000);

const linkTo = (purpose = 'commands') => {
  const link = connectRedis(redis.url, log, purpose);
  t.teardown(() => closeRedis(link));
  return link;
};
const fact = (device: string, sequence: number): TelephonyFact => ({
  pbx: 'main',
  source: 'ari',
  generation: 1,
  sequence,
  atMs: sequence,
  kind: 'endpoint',
  device,
  online: true,
});
const devices = (facts: readonly TelephonyFact[]) =>
  facts.map((one) => (one.kind === 'endpoint' ? one.device : one.kind));

function contender(serverId: string, pbx: string) {
  const said: string[] = [];
  const lease: Lease = createLease({
    redis: linkTo(),
    keys,
    pbx,
    serverId,
    log,
    reserveMs: () => 0,
    onGained: (fence) => said.push(`gained ${fence}`),
    onLost: () => said.push('lost'),
    onOwner: () => {},
  });
  t.teardown(() => lease.stop());
  const has = () => typeof lease.owner === 'object' && lease.owner?.server === serverId;
  const fence = () => (typeof lease.owner === 'object' ? (lease.owner?.fence ?? 0) : 0);
  return { lease, said, has, fence };
}

t.test(
  'REDIS_URL names one server, sentinels or a cluster; what it is not is refused without its value',
  async (t) => {
    t.match(parseRedisUrl('rediss://u:p@h:1/2'), { kind: 'one' });
    t.same(parseRedisUrl('redis+sentinel://:se%40cret@a,b:1/mymaster/3'), {
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
      ],
      name: 'mymaster',
      auth: { password: 'se@cret' },
      db: 3,
    });
    t.match(parseRedisUrl('rediss+cluster://a:1,[::1]:2'), {
      kind: 'cluster',
      tls: true,
      nodes: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
      ],
    });
    for (const wrong of ['http://x', 'redis://a,b', 'redis+sentinel://a', 'redis+many://a', 'redis://']) {
      t.throws(() => parseRedisUrl(wrong), { code: 'bad-setting' }, wrong);
    }
    try {
      parseRedisUrl('redis+sentinel://user:hunter2@a');
      t.fail('no name of a master');
    } catch (error) {
      t.notMatch((error as Error).message, /hunter2/);
    }
  },
);

t.test('A PBX has one owner; another comes when it is gone, with a larger number', async (t) => {
  const [a, b] = [contender('a', 'lease'), contender('b', 'lease')];
  a.lease.start();
  await waitFor(a.has);
  b.lease.start();
  await waitFor(() => typeof b.lease.owner === 'object' && b.lease.owner?.server === 'a');
  a.lease.stop();
  const atMs = performance.now();
  await waitFor(b.has);
  t.ok(performance.now() - atMs < 3 * leaseMs, 'soon');
  t.ok(b.fence() > a.fence());
  await a.lease.look();
  t.same(a.said.slice(1), ['lost'], 'the one that was away hears of it');
});

t.test('Who leaves gives it to the other at once', async (t) => {
  const [a, b] = [contender('a', 'left'), contender('b', 'left')];
  a.lease.start();
  await waitFor(a.has);
  b.lease.start();
  const atMs = performance.now();
  await a.lease.release();
  await waitFor(b.has);
  t.ok(performance.now() - atMs < leaseMs, 'before the lease would have run out');
});

t.test(
  'A Redis that has forgotten everything leaves the owner where it was; numbers never go back',
  async (t) => {
    const [a, b] = [contender('a', 'flushed'), contender('b', 'flushed')];
    a.lease.start();
    await waitFor(a.has);
    b.lease.start();
    await waitFor(() => b.fence() > 0);
    const before = a.fence();
    await redis.client.flushall();
    await waitFor(() => a.fence() > before);
    t.ok(a.has());
    await waitFor(() => b.fence() === a.fence());
    t.notOk(b.said.length, 'the other did not take it');
  },
);

t.test('While Redis is away the owner stays, and knows that it is away', async (t) => {
  const [a, b] = [contender('a', 'away'), contender('b', 'away')];
  a.lease.start();
  await waitFor(a.has);
  b.lease.start();
  await waitFor(() => b.fence() > 0);
  await redis.kill();
  await waitFor(() => b.lease.owner === 'unknown');
  t.ok(a.has());
  await redis.start();
  await waitFor(() => typeof b.lease.owner === 'object' && b.lease.owner?.server === 'a');
  t.ok(a.has());
  t.equal(b.said.length, 0);
});

/** Publishes as that owner. */
function owner(pbx: string, fence: number, snapshot: () => TelephonyFact[] = () => [], unsent?: Unsent) {
  const said: string[] = [];
  const publisher = createFactPublisher({
    redis: linkTo(),
    keys,
    pbx,
    fence,
    log,
    snapshot,
    unsent,
    onFenced: () => said.push('fenced'),
  });
  t.teardown(() => publisher.stop(0));
  return { publisher, said };
}
function follower(pbx: string) {
  const facts: TelephonyFact[] = [];
  const written: string[] = [];
  const follow = createFactFollow({
    redis: linkTo('follow'),
    keys,
    pbx,
    log,
    follower: { facts: (more) => facts.push(...more), written: (ids) => written.push(...ids) },
  });
  t.teardown(() => follow.stop());
  return { follow, facts, written };
}

t.test(
  'What the owner tells comes to who follows, in order, and to who comes later by the snapshot',
  async (t) => {
    const known: TelephonyFact[] = [fact('PJSIP/0', 1)];
    const { publisher } = owner('told', 1, () => known);
    const early = follower('told');
    early.follow.start();
    await waitFor(() => early.facts.length === 1);
    for (let n = 1; n <= 1_200; n++) publisher.add(fact(`PJSIP/${n}`, n + 1));
    publisher.written(['a', 'b']);
    await waitFor(() => early.facts.length === 1_201 && early.written.length === 2);
    t.same(
      devices(early.facts),
      Array.from({ length: 1_201 }, (_, n) => `PJSIP/${n}`),
    );
    const late = follower('told');
    late.follow.start();
    await waitFor(() => late.facts.length === 1_201);
    t.same(late.facts, early.facts);
  },
);

t.test('An owner that was replaced tells nothing more', async (t) => {
  await redis.client.set(keys.fence('fenced'), '7');
  const { publisher, said } = owner('fenced', 6);
  publisher.add(fact('PJSIP/1', 1));
  await waitFor(() => said.length > 0);
  t.equal(await redis.client.exists(keys.facts('fenced')), 0);
});

t.test(
  'Who missed something reads all of it again; what no Vigie wrote is said and passed over',
  async (t) => {
    const { publisher } = owner('gap', 3, () => [fact('PJSIP/0', 1)]);
    const one = follower('gap');
    one.follow.start();
    publisher.add(fact('PJSIP/1', 2));
    await waitFor(() => one.facts.length === 2);
    await redis.client.xadd(keys.facts('gap'), '*', 'hello', 'world');
    await redis.client.xadd(keys.facts('gap'), '*', 'f', '3', 'n', '9', 'k', 'facts', 't', '[]');
    await waitFor(() => one.facts.length >= 4);
    t.same(devices(one.facts).slice(0, 4), ['PJSIP/0', 'PJSIP/1', 'PJSIP/0', 'PJSIP/1']);
    t.match(log.text, /holds what no Vigie wrote/);
    t.equal(entryOf(['1-0', ['f', '1', 'n', '1', 'k', 'facts', 't', '{"no":"list"}']]), null);
  },
);

t.test('What is told while Redis is away is told when it is back', async (t) => {
  let known = [fact('PJSIP/0', 1)];
  const { publisher } = owner('restart', 1, () => known);
  const one = follower('restart');
  one.follow.start();
  await waitFor(() => one.facts.length === 1);
  await redis.kill();
  known = [fact('PJSIP/0', 1), fact('PJSIP/1', 2)];
  publisher.add(fact('PJSIP/1', 2));
  await redis.start();
  await waitFor(() => devices(one.facts).includes('PJSIP/1'));
  t.pass('it came');
});

t.test('What a server had not told when Redis forgot its lease, it tells in its next term', async (t) => {
  const { publisher } = owner('terms', 1, () => [fact('PJSIP/0', 1)]);
  const one = follower('terms');
  one.follow.start();
  await waitFor(() => one.facts.length === 1);
  await redis.kill();
  publisher.add(fact('PJSIP/1', 2));
  publisher.written(['a']);
  const unsent = publisher.unsent();
  await publisher.stop(0);
  owner('terms', 2, () => [fact('PJSIP/0', 3)], unsent);
  await redis.start();
  await waitFor(() => one.facts.length === 3 && one.written.length === 1);
  t.same(devices(one.facts), ['PJSIP/0', 'PJSIP/0', 'PJSIP/1']);
});

t.test('A new owner tells everybody all: the end of what the last one told may be lost', async (t) => {
  const { publisher } = owner('next', 1, () => [fact('PJSIP/0', 1)]);
  const one = follower('next');
  one.follow.start();
  await waitFor(() => one.facts.length === 1);
  // From then on the follower knows all, and needs no snapshot of this owner's.
  publisher.add(fact('PJSIP/1', 2));
  await waitFor(() => one.facts.length === 2);
  owner('next', 2, () => [fact('PJSIP/2', 3)]);
  await waitFor(() => one.facts.length === 3, Boolean, 10_000);
  t.same(devices(one.facts), ['PJSIP/0', 'PJSIP/1', 'PJSIP/2']);
});

t.test('Keys of another application in our place are an error that is said, not a crash', async (t) => {
  await redis.client.set(keys.facts('foreign'), 'a string');
  const one = follower('foreign');
  one.follow.start();
  await waitFor(() => /What another server tells cannot be read/.test(log.text));
  await redis.client.del(keys.facts('foreign'));
  const { publisher } = owner('foreign', 1);
  publisher.add(fact('PJSIP/1', 1));
  await waitFor(() => one.facts.length === 1);
  t.pass('and heals');
});

function member(serverId: string) {
  const circle = createCircle({ redis: linkTo(), url: redis.url, keys, serverId, log });
  const names = circle.share<string>('names');
  circle.start(`http://${serverId}`);
  t.teardown(() => circle.stop());
  return { circle, names };
}

t.test('Servers know what each lets them know, also those that come later; what is gone goes', async (t) => {
  const a = member('a');
  a.names.set('one', 'of a');
  const b = member('b');
  await waitFor(() => b.names.other('one') === 'of a');
  t.equal(b.circle.addressOf('a'), 'http://a');
  t.equal(b.names.serverOf('one'), 'a');
  const changed: string[] = [];
  b.names.onChange((key) => changed.push(key));
  a.names.set('two', 'more');
  await waitFor(() => b.names.other('two') === 'more');
  a.names.delete('one');
  await waitFor(() => b.names.other('one') === undefined);
  t.same(changed, ['two', 'one']);
  const heard: unknown[] = [];
  b.circle.notes.on('hello', (body, from) => heard.push(body, from));
  a.circle.notes.send('hello', { word: 1 }, 'b');
  a.circle.notes.send('hello', { word: 2 }, 'somebody else');
  a.circle.notes.send('hello', { word: 3 });
  await waitFor(() => heard.length === 4);
  t.same(heard, [{ word: 1 }, 'a', { word: 3 }, 'a']);
  await a.circle.stop();
  await waitFor(() => b.circle.others().length === 0);
  t.same([...b.names.others()], []);
});

t.test('What was said while Redis was away is known after it', async (t) => {
  const [c, d] = [member('c'), member('d')];
  c.names.set('before', '1');
  await waitFor(() => d.names.other('before') === '1');
  await redis.kill();
  c.names.set('meanwhile', '2');
  c.names.delete('before');
  await waitFor(() => d.circle.others().length === 0, Boolean, 10_000);
  await redis.start();
  await waitFor(() => d.names.other('meanwhile') === '2');
  t.equal(d.names.other('before'), undefined);
});
