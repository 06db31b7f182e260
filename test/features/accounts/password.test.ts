import { argon2Sync } from 'node:crypto';
import t from 'tap';
import { hashPassword, verifyPassword } from '../../../src/features/accounts/password.ts';
import {
  addressKey,
  signInLimits,
  waitBeforeAttemptMs,
} from '../../../src/features/accounts/sign-in-limits.ts';

t.test('a password is kept as an argon2id hash that says how it was made', async (t) => {
  const hash = await hashPassword('correct horse');
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  t.not(hash, await hashPassword('correct horse'), 'each with a salt of its own');
  t.equal(await verifyPassword('correct horse', hash), true);
  t.equal(await verifyPassword('correct horse ', hash), false);
  t.equal(await verifyPassword('', hash), false);
  t.equal(await verifyPassword('correct horse', null), false, 'nobody has no password');
});

t.test('the same letters typed otherwise are the same password', async (t) => {
  const hash = await hashPassword('cafe\u0301 au lait');
  t.equal(await verifyPassword('caf\u00e9 au lait', hash), true);
});

t.test('a hash made with other costs is still read, another kind is refused aloud', async (t) => {
  const nonce = Buffer.from('0123456789abcdef');
  const old = argon2Sync('argon2id', {
    message: 'x',
    nonce,
    parallelism: 2,
    tagLength: 16,
    memory: 64,
    passes: 3,
  });
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  const hash = `$argon2id$v=19$m=64,t=3,p=2$${text(nonce)}$${text(old)}`;
  t.equal(await verifyPassword('x', hash), true);
  t.equal(await verifyPassword('y', hash), false);
  await t.rejects(verifyPassword('x', '$2b$10$something'), /not of a kind/);
});

t.test('too many at once are turned away, and the next ones are served again', async (t) => {
  const many = Array.from({ length: 110 }, () =>
    hashPassword('x').then(
      () => 'done',
      (error) => error.code,
    ),
  );
  const outcomes = new Set(await Promise.all(many));
  t.same([...outcomes].sort(), ['done', 'overloaded']);
  t.match(await hashPassword('x'), /^\$argon2id/);
});

t.test('one address is an IPv4 address or an IPv6 /64', async (t) => {
  const cases: Record<string, string> = {
    '192.0.2.1': '192.0.2.1',
    '::ffff:192.0.2.1': '192.0.2.1',
    '::1': '0:0:0:0::/64',
    '2001:db8::1': '2001:db8:0:0::/64',
    '2001:DB8:0:0:1::2': '2001:db8:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
  };
  for (const [address, key] of Object.entries(cases)) t.equal(addressKey(address), key, address);
  t.ok(addressKey('x'.repeat(10_000)).length <= 64);
  t.ok(addressKey(':'.repeat(10_000)).length <= 64);
});

t.test('the wait lasts until the oldest counted failure is 15 minutes old', async (t) => {
  const now = 10_000_000;
  const ago = (...seconds: number[]) => seconds.map((second) => now - second * 1_000);
  const none = { pair: [], login: [], address: [] };
  t.equal(waitBeforeAttemptMs(none, false, now), 0);
  t.equal(waitBeforeAttemptMs({ ...none, pair: ago(1, 2, 3, 4) }, false, now), 0);
  t.equal(
    waitBeforeAttemptMs({ ...none, pair: ago(1, 2, 3, 4, 100, 200) }, false, now),
    signInLimits.windowMs - 100_000,
  );
  t.equal(
    waitBeforeAttemptMs({ ...none, pair: ago(1, 2, 3, 4, 100, 200) }, true, now),
    0,
    'a known address has ten',
  );
  const busy = { ...none, address: Array<number>(50).fill(now), login: Array<number>(20).fill(now) };
  t.equal(waitBeforeAttemptMs(busy, false, now), signInLimits.windowMs);
  t.equal(waitBeforeAttemptMs(busy, true, now), 0);
});
