/** PostgreSQL stopped, under real calls: a takeover, clicks with an Idempotency-Key, and more than a thousand records that wait. */
import t from 'tap';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import { startPrivateDatabase } from '../../src/adapters/postgres-embedded/private-database.ts';
import type { LiveSnapshot } from '../../src/contract/live.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { openDatabase } from '../../src/database/database.ts';
import { quietLog } from '../support/calls-people.ts';
import { openServedScene } from '../support/served-scene.ts';
import { freshDataDir } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(600_000);
const databaseDir = await freshDataDir(t);
const start = () => startPrivateDatabase({ dataDir: databaseDir, log: quietLog });
let database = await start();
const scene = await openServedScene(t, 'db-stopped', { more: { DATABASE_URL: database.url }, portBlocks: 2 });
const { lab, hears, reach, ask, agentId } = scene;
const firstCaller = 630_000_000;
const callsMeanwhile = 1_050;
const callsPerSecond = 25;

t.test(
  'While PostgreSQL is stopped everything goes on; all of it is written when it is back, each once',
  async (t) => {
    const { customer, agent, callId } = await scene.talk();
    await database.stop();
    await waitFor(async () => (await ask<LiveSnapshot>('GET', '/live')).body.storage?.state === 'kept-here');

    const wish = { agentId, callId, mode: 'listen', scope: 'call', reason: 'Quality', device: 'phone' };
    const key = { 'idempotency-key': 'while-away' };
    const ringing = lab.phones.nextCall('1901');
    const first = await ask<Supervision>('POST', '/supervisions', wish, key);
    t.equal(first.status, 201, 'a click with an Idempotency-Key works as one without');
    const { id } = first.body;
    const phone = await ringing;
    await reach(id, 'live');
    t.match(await ask('POST', '/supervisions', wish, key), { status: 201, body: { id } }, 'and rings once');
    const other = await ask('POST', '/supervisions', { ...wish, reason: 'Another' }, key);
    t.match(other, { status: 422, body: { code: 'idempotency-key-reused' } });

    t.match(await ask('PATCH', `/supervisions/${id}`, { mode: 'intercept' }), { status: 200 });
    await agent.waitEnded();
    t.strictSame(await hears(customer, [phone]), ['1901'], 'a takeover, too');

    const load = await lab.sipp({ calls: mixedCalls(callsMeanwhile, firstCaller), callsPerSecond });
    t.ok(load.length > 1_000, `${load.length} calls meanwhile`);
    await ask('DELETE', `/supervisions/${id}`);
    await customer.waitEnded();

    // Killed before PostgreSQL is back: what waits is on the disk.
    await scene.kill();
    database = await start();
    await scene.start();
    const { db, close } = openDatabase(database.url);
    t.teardown(async () => {
      await close();
      await database.stop();
    });
    const back = Date.now();
    const callers = async () =>
      (
        await db
          .selectFrom('calls')
          .select('caller_number')
          .where('caller_number', '>=', `0${firstCaller}`)
          .where('caller_number', '<', `0${firstCaller + callsMeanwhile}`)
          .execute()
      ).map(({ caller_number: number }) => number);
    const records = await waitFor(callers, (found) => found.length >= load.length, 60_000);
    t.comment(`${records.length} records ${Date.now() - back} ms after PostgreSQL was back`);
    t.same(records.toSorted(), load.map(({ callerId }) => callerId).toSorted(), 'each once');
    t.match(await ask('POST', '/supervisions', wish, key), { status: 201, body: { id } }, 'the same reply');
    t.match(await reach(id, 'ended'), { mode: 'intercept', endedBecause: 'stopped' });
    t.equal((await scene.record(callId)).reason, 'supervisor-hung-up');
    const kept = () => db.selectFrom('idempotency_keys').select('key').execute();
    t.same(await waitFor(kept, (rows) => rows.length > 0), [{ key: 'while-away' }], 'the kept reply, too');
    t.match(await ask('GET', '/audit/verify'), { status: 200, body: { intact: true } });
    await scene.nothingOfOurs();
  },
);
