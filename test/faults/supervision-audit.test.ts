/** The audit log's disk fills up in the middle of a listened call: nobody hears what nobody writes down. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { openServedScene } from '../support/served-scene.ts';

t.setTimeout(180_000);
const diskSize = '400k';
let hasSmallDisk = false;
const scene = await openServedScene(t, 'sup-audit', {
  prepare: (dataDir) => {
    const folder = join(dataDir, 'audit');
    mkdirSync(folder, { mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize},mode=700`, 'tmpfs', folder], {
        stdio: 'pipe',
      });
    } catch {
      return;
    }
    hasSmallDisk = true;
    t.teardown(() => execFileSync('umount', ['-l', folder]));
  },
});
const { lab, hears, reach, ask, settings } = scene;
const folder = join(settings['DATA_DIR']!, 'audit');
/** A full disk has room for some entries yet, in the file's own slack. */
const slackMax = 60;
/** Aim 1 s; what a person feels is tested at three times its aim. */
const silentWithinMs = 3_000;

/** Switches modes until the log takes no more; when that was. */
async function switchUntilRefused(id: string): Promise<number> {
  for (let i = 0; i < slackMax; i++) {
    const mode = i % 2 === 0 ? 'whisper' : 'listen';
    const { status, body } = await ask<Supervision>('PATCH', `/supervisions/${id}`, { mode });
    if (status === 503 && body.code === 'audit-unavailable') return Date.now();
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
  throw new Error('it was never refused');
}

const ballast = join(folder, 'ballast');
const fillAgainMs = 20;
function fillDisk(): void {
  for (let bytes = 65_536; bytes >= 256; bytes /= 2) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(bytes, 1), { flag: 'a' });
    } catch {
      // That much does not fit any more.
    }
  }
}

t.test('Listening stops when the audit log’s disk is full, and heals with it', async (t) => {
  if (!hasSmallDisk) return t.comment('needs to be root, with the right to mount');
  const { customer, agent } = await scene.talk();
  for (const scope of ['call', 'agent'] as const) {
    await t.test(`scope ${scope}`, async (t) => {
      const { id, phone } = await scene.supervise({ mode: 'listen', scope });
      t.strictSame(await hears(phone, [customer, agent]), ['outside', '1001']);
      fillDisk();
      // What SQLite gives free when it closes a file is taken at once.
      const filling = setInterval(fillDisk, fillAgainMs);
      t.teardown(() => clearInterval(filling));
      const sinceMs = await switchUntilRefused(id);
      if (scope === 'call') {
        t.match(await reach(id, 'ended'), { endedBecause: 'audit-unavailable' });
        await phone.waitEnded();
      } else {
        t.match(await reach(id, 'waiting'), { unheard: 'audit-unavailable' });
        t.strictSame(await hears(phone, [customer, agent]), [], 'the supervisor hears nothing');
      }
      const tookMs = Date.now() - sinceMs;
      t.ok(tookMs < silentWithinMs, `after ${tookMs} ms`);
      const wish = {
        agentId: scene.agentId,
        mode: 'listen',
        scope: 'call',
        reason: 'Quality',
        device: 'phone',
      };
      if (scope === 'call')
        t.match(await ask('POST', '/supervisions', wish), {
          status: 503,
          body: { code: 'audit-unavailable' },
        });
      await scene.nothingOfOurs().catch(() => t.equal(scope, 'agent', 'only the supervisor’s own leg stays'));
      clearInterval(filling);
      rmSync(ballast);
      if (scope === 'call') {
        const again = await scene.supervise({ mode: 'listen', scope });
        t.strictSame(await hears(again.phone, [customer, agent]), ['outside', '1001']);
        await ask('DELETE', `/supervisions/${again.id}`);
      } else {
        t.match(await reach(id, 'live'), { unheard: null });
        t.strictSame(await hears(phone, [customer, agent]), ['outside', '1001'], 'he hears again by himself');
        await ask('DELETE', `/supervisions/${id}`);
      }
      await reach(id, 'ended');
      const acts = async () => (await scene.audit(id)).map(({ action }) => action);
      await waitFor(
        'the entry of its end',
        async () => (await acts()).at(-1) === 'supervision.ended',
        45_000,
      );
      t.match(await ask('GET', '/audit/verify'), { status: 200, body: { intact: true } });
      await scene.nothingOfOurs();
    });
  }
  t.notOk(customer.end, 'the call itself goes on all the while');
  const { body } = await ask<{ items: Supervision[] }>('GET', '/supervisions?open=true');
  t.strictSame(body.items, [], 'what was refused never was');
  await customer.hangup();
  await waitFor('the agent to be free', () => lab.phones.callsOf('1001').length === 0);
});
