/** Starting when something is not as it should be: PostgreSQL is not there yet, or another server has this DATA_DIR. */
import { once } from 'node:events';
import t from 'tap';
import { startPrivateDatabase } from '../../src/adapters/postgres-embedded/private-database.ts';
import { quietLog } from '../support/calls-people.ts';
import { freshDataDir, runVigie, type Settings, serveVigie, spawnVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(500_000);
const databaseDir = await freshDataDir(t);
const startDatabase = () => startPrivateDatabase({ dataDir: databaseDir, log: quietLog });

t.test('PostgreSQL is not there yet: the server waits for it, says so, and ends when told to', async (t) => {
  const first = await startDatabase();
  const settings = { DATA_DIR: await freshDataDir(t), DATABASE_URL: first.url };
  await first.stop();

  const said = (server: ReturnType<typeof spawnVigie>) => {
    let text = '';
    for (const stream of [server.stdout!, server.stderr!]) stream.on('data', (chunk) => (text += chunk));
    return () => text;
  };
  const ended = spawnVigie(['serve'], { ...settings, PORT: '0', LOG_LEVEL: 'warn' });
  t.teardown(() => ended.kill('SIGKILL'));
  const text = said(ended);
  await waitFor(() => text().includes('does not answer: the server starts as soon as it does'));
  ended.kill('SIGTERM');
  t.same(await once(ended, 'exit'), [0, null], 'it ends when told to');

  const waiting = serveVigie(t, settings);
  let isThere = false;
  void waiting.then(() => {
    isThere = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  t.notOk(isThere, 'it waits');
  const second = await startDatabase();
  t.equal(second.url, first.url);
  const server = await waiting;
  t.equal((await fetch(`${server.address}/readyz`)).status, 200, 'and starts when the database does');
  await server.end();
  await second.stop();
});

t.test(
  'A database that refuses is an answer: the server ends with its words, and does not wait',
  async (t) => {
    const database = await startDatabase();
    const { code, err } = await runVigie(['serve'], {
      DATA_DIR: await freshDataDir(t),
      DATABASE_URL: database.url.replace(/\/[^/?]*(?=\?|$)/, '/nobody_made_this'),
    });
    t.equal(code, 1);
    t.match(err, /nobody_made_this/);
    await database.stop();
  },
);

t.test('Of two servers with one DATA_DIR the second refuses, and harms nothing', async (t) => {
  const database = await startDatabase();
  const each: Settings[] = [{}, { DATABASE_URL: database.url }];
  for (const own of each) {
    const settings = { DATA_DIR: await freshDataDir(t), ...own };
    const first = await serveVigie(t, settings);
    const { code, err } = await runVigie(['serve'], { ...settings, PORT: '0' });
    t.equal(code, 1);
    t.match(err, /^data-dir-in-use: /m);
    t.equal((await fetch(`${first.address}/readyz`)).status, 200);
    await first.end();
  }
  await database.stop();
});
