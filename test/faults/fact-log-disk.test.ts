/** The disk of the fact log, on a real server: full, its last record torn, a record in the middle damaged. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { factLogFile } from '../../src/adapters/fact-log/fact-log.ts';
import type { LiveSnapshot } from '../../src/contract/live.ts';
import { openServedScene } from '../support/served-scene.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(300_000);
const diskSize = '24m';
const scene = await openServedScene(t, 'log-disk', {
  prepare: (dataDir) => {
    const folder = join(dataDir, 'facts');
    mkdirSync(folder, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize},mode=700`, 'tmpfs', folder]);
    t.teardown(() => execFileSync('umount', ['-l', folder]));
  },
});
const { ask, settings } = scene;
const log = factLogFile(settings['DATA_DIR']!);
const storage = async () => (await ask<LiveSnapshot>('GET', '/live')).body.storage?.state;
/** What was read is on the disk within 20 ms. */
const syncedMs = 500;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

t.test('Full: it is said, calls are recorded all the same, and kept again when there is room', async (t) => {
  const filler = join(log, '..', 'filler');
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { stdio: 'ignore' });
  } catch {
    // It ends when the disk is full.
  }
  const calls = [];
  for (let i = 0; i < 40 && (await storage()) !== 'not-kept'; i++) {
    const { customer, callId } = await scene.talk();
    calls.push(callId);
    await customer.hangup();
    t.equal((await scene.record(callId)).reason, 'customer-hung-up');
  }
  t.equal(await storage(), 'not-kept', `after ${calls.length} calls`);
  const { customer, callId } = await scene.talk();
  rmSync(filler);
  await waitFor(async () => (await storage()) === 'written');
  await pause(syncedMs);
  await scene.kill();
  await scene.start();
  await customer.hangup();
  const record = await scene.record(callId);
  t.match(record, { reason: 'customer-hung-up', segments: [{ agent: { name: 'Alice' } }] });
  t.not(record.answeredAt, null, 'what was heard while the disk was full is known after kill -9');
});

t.test('The last record torn: it is cut off and said, the rest is used', async (t) => {
  const { customer, callId } = await scene.talk();
  const before = (await ask<{ answeredAt: string }>('GET', `/calls/${callId}`)).body.answeredAt;
  await pause(syncedMs);
  // Something that is written last.
  const ringing = scene.lab.phones.call({ from: 'customer', to: '1002' });
  await pause(syncedMs);
  await scene.kill();
  const { size } = statSync(`${log}-wal`);
  truncateSync(`${log}-wal`, size - 100);
  await scene.start();
  t.match(scene.server().said(), /last record was not finished; it is cut off/);
  await customer.hangup();
  t.match(await scene.record(callId), { reason: 'customer-hung-up', answeredAt: before });
  await (await ringing).hangup();
});

t.test(
  'A record in the middle damaged: it is said, never silently skipped, and the rest is used',
  async (t) => {
    const { customer, callId } = await scene.talk();
    await pause(syncedMs);
    for (let i = 0; i < 3; i++) {
      const other = await scene.lab.phones.call({ from: 'customer', to: '1002' });
      await pause(syncedMs);
      await other.hangup();
    }
    await pause(syncedMs);
    await scene.kill();
    const db = new DatabaseSync(log);
    const rows = db.prepare('select place, body from batches order by place').all() as {
      place: number;
      body: string;
    }[];
    const isOthers = (body: string) => body.includes('PJSIP/1002') && !body.includes('PJSIP/1001');
    const { place } = rows.find(({ body }) => isOthers(body))!;
    db.prepare("update batches set body = replace(body, '1', '2') where place = ?").run(place);
    db.close();
    await scene.start();
    t.match(scene.server().said(), /A piece of the fact log is damaged and left out; the rest is used/);
    await customer.hangup();
    t.match(await scene.record(callId), { reason: 'customer-hung-up' });
  },
);
