/** The endpoint to which journals are sent, and where they wait until they are read. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { collectedRoutes } from '../../../src/adapters/cel/collected.routes.ts';
import { createCollected, filesMax } from '../../../src/adapters/cel/collected.ts';
import { createKeptPosition } from '../../../src/adapters/cel/kept-position.ts';
import { bodyBytesMax } from '../../../src/adapters/http/server.ts';
import { folderOf, journalCall } from '../../support/journal-lines.ts';
import { serveRoutes } from '../../support/served-routes.ts';

const token = 'correct-horse-battery-staple';
const lineOf = (number: number) => Buffer.from(`${journalCall(number)[2]}\n`);

function open(t: Test, fileBytes?: number) {
  const dataDir = folderOf(t);
  const kept = createKeptPosition(dataDir, 'paris');
  const collected = createCollected({
    pbx: 'paris',
    token,
    dataDir,
    kept,
    ...(fileBytes ? { fileBytes } : {}),
  });
  const files = () => readdirSync(join(dataDir, 'cel')).filter((name) => name.includes('received'));
  return { collected, dataDir, kept, files };
}

t.test('Lines are taken from who knows the token; all others learn nothing', async (t) => {
  const { collected, dataDir } = open(t);
  const { address } = await serveRoutes(t, [collectedRoutes([collected])]);
  const send = (o: { pbx?: string; headers?: Record<string, string>; body?: Buffer | string }) =>
    fetch(`${address}/api/pbxs/${o.pbx ?? 'paris'}/journal`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv', ...o.headers },
      body: o.body ?? lineOf(1),
    });
  const told = async (reply: Response) =>
    `${reply.status} ${((await reply.json()) as { code: string }).code}`;
  t.equal((await send({})).status, 204);
  t.equal((await send({ body: Buffer.from('not ended\0 by a line\xe9', 'latin1') })).status, 204);
  for (const wrong of [
    { headers: { authorization: '' } },
    { headers: { authorization: `Bearer ${token}x` } },
    { headers: { authorization: `Basic ${token}` } },
    { pbx: 'lyon' },
  ])
    t.equal(await told(await send(wrong)), '401 bad-token', JSON.stringify(wrong));
  const early = await send({ headers: { authorization: 'Bearer x' }, body: Buffer.alloc(bodyBytesMax + 1) });
  t.equal(await told(early), '401 bad-token', 'before its body is read');
  t.equal(early.headers.get('www-authenticate'), 'Bearer');
  t.equal(await told(await send({ body: Buffer.alloc(bodyBytesMax + 1, 'a') })), '413 body-too-large');
  t.equal(
    await told(await send({ headers: { 'content-type': 'application/json' }, body: '{}' })),
    '400 bad-request',
  );
  t.equal(await told(await send({ headers: { origin: 'https://evil.example' } })), '403 foreign-origin');
  const all = readFileSync(join(dataDir, 'cel', 'paris.received.csv'));
  const wanted = Buffer.concat([lineOf(1), Buffer.from('not ended\0 by a line\xe9\n', 'latin1')]);
  t.ok(all.equals(wanted), 'nothing else, and each ends its line');
});

t.test('What was taken before anybody read is read, and what was read is removed', async (t) => {
  const { collected, kept, files } = open(t, 300);
  for (let number = 1; number <= 6; number++) await collected.take(lineOf(number));
  t.ok(files().length > 2, `${files().length} files wait`);
  collected.source.open(null);
  t.teardown(() => collected.source.close());
  const read: string[] = [];
  let position: unknown;
  for (let turn = 0; turn < 20; turn++) {
    const batch = await collected.source.read();
    if (batch) ({ position } = batch);
    read.push(...(batch?.rows ?? []).map(({ uniqueId }) => uniqueId.split('.')[1]!));
  }
  t.same(read, ['1', '2', '3', '4', '5', '6']);
  await kept.save({ of: collected.source.of, position, aheadMs: 0 });
  for (let number = 7; number <= 9; number++) await collected.take(lineOf(number));
  t.ok(files().length <= 4, `${files().length} files are left`);
});

t.test('Too much that nobody reads, or a disk that takes nothing: the sender keeps it', async (t) => {
  const { collected, dataDir, files } = open(t, 1);
  for (let number = 0; number <= filesMax; number++) await collected.take(lineOf(number));
  t.equal(files().length, filesMax + 1);
  await t.rejects(collected.take(lineOf(99)), { code: 'overloaded', extra: { retryAfterS: 5 } });
  rmSync(join(dataDir, 'cel'), { recursive: true });
  writeFileSync(join(dataDir, 'cel'), 'in the way');
  await t.rejects(collected.take(lineOf(99)), { code: 'overloaded' });
  rmSync(join(dataDir, 'cel'));
  mkdirSync(join(dataDir, 'cel'));
  await collected.take(lineOf(99));
  t.equal(files().length, 1, 'and goes on when it can');
});
