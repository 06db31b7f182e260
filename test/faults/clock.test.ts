/** The clock of Vigie's machine jumps by an hour, and back (libfaketime on Vigie alone): calls, listening and records do not. */
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startPrivateDatabase } from '../../src/adapters/postgres-embedded/private-database.ts';
import type { LiveSnapshot } from '../../src/contract/live.ts';
import { quietLog } from '../support/calls-people.ts';
import { openServedScene } from '../support/served-scene.ts';
import { freshDataDir } from '../support/vigie.ts';

t.setTimeout(400_000);
const folder = mkdtempSync(join(tmpdir(), 'vigie-clock-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const clockFile = join(folder, 'faketime');
const setClock = (offset: string) => writeFileSync(clockFile, `${offset}\n`);
setClock('+0');
const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const database = await startPrivateDatabase({ dataDir: await freshDataDir(t), log: quietLog });
t.teardown(() => database.stop());
const scene = await openServedScene(t, 'clock', {
  more: {
    DATABASE_URL: database.url,
    LD_PRELOAD: library!,
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: '1',
    // A clock that is set leaves the one that only goes forward alone.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  },
});
const { hears, ask, reach } = scene;
/** Longer than any timer of a second or so that the jump could set off. */
const afterJumpMs = 4_000;
const toleranceMs = 1_500;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (const offset of ['+1h', '-1h']) {
  t.test(`The clock jumps by ${offset} in the middle of a call that is listened to`, async (t) => {
    const { customer, agent, callId } = await scene.talk();
    const answeredAtMs = Date.now();
    const { id, phone } = await scene.supervise({ mode: 'listen', scope: 'call' });
    setClock(offset);
    await pause(afterJumpMs);
    t.strictSame(await hears(phone, [customer, agent]), ['outside', '1001'], 'he goes on hearing');
    t.match((await ask('GET', `/supervisions/${id}`)).body, { state: 'live' });
    const live = (await ask<LiveSnapshot>('GET', '/live')).body;
    t.ok(Math.abs(Date.parse(live.at) - Date.now()) > 3_000_000, 'Vigie’s clock is an hour off');
    t.equal(live.pbxs[0]?.state, 'connected');
    t.ok(live.calls.some((call) => call.id === callId && call.phase === 'talking'));

    await customer.hangup();
    const talkedMs = Date.now() - answeredAtMs;
    t.match(await reach(id, 'ended'), { endedBecause: 'call-ended' });
    const record = await scene.record(callId);
    t.equal(record.reason, 'customer-hung-up');
    const apartMs = Math.abs(record.talkMs - talkedMs);
    t.ok(apartMs < toleranceMs, `talked ${talkedMs} ms, recorded ${record.talkMs}`);

    const next = await scene.talk();
    await next.customer.hangup();
    const during = await scene.record(next.callId);
    t.equal(during.reason, 'customer-hung-up', 'a call while the clock is wrong');
    t.ok(during.talkMs < 10_000, `its length: ${during.talkMs} ms`);
    setClock('+0');
    await pause(afterJumpMs);
    const last = await scene.talk();
    await last.customer.hangup();
    const after = await scene.record(last.callId);
    t.equal(after.reason, 'customer-hung-up', 'and when it is right again');
    const lateMs = Math.abs(Date.parse(after.endedAt!) - Date.now());
    t.ok(lateMs < 30_000, 'dated as it was');
    await scene.nothingOfOurs();
  });
}
