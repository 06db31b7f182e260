import { text } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import t from 'tap';
import { auditCsv } from '../../../src/features/audit/audit-csv.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { accountsServer, makePerson } from '../../support/accounts-server.ts';
import { testAudit } from '../../support/audit-log.ts';
import { openTestDatabase } from '../../support/database.ts';
import { waitFor } from '../../support/wait-for.ts';

t.test('the log is read newest first, page by page, filtered, by those who may', async (t) => {
  const server = await accountsServer(t);
  const { ask, time, database } = server;
  const managerId = await makePerson(server, { login: 'manager', roles: ['manager'] });
  await makePerson(server, { login: 'sup' });
  const cookie = await server.signIn('manager');
  const audit = testAudit(t, { db: database.db, clock: { now: () => time.now } });
  const callId = '01a1fd10-dcb8-70e5-b733-707a7e5c2584';
  for (let i = 0; i < 25; i++) {
    // Five at the same millisecond: pages lose none of them.
    time.now += i % 5 === 0 ? 60_000 : 0;
    await audit.write({
      actorId: managerId,
      action: 'supervision.started',
      subjectId: null,
      callId,
      details: { i },
    });
  }
  const list = async (query: string) => (await ask('GET', `/api/audit?${query}`, { cookie })).body;
  // Another server's log follows into the database in its own time.
  const all = `call=${callId}&limit=500`;
  await waitFor(
    async () => (await list(all)).items.length,
    (count) => count === 25,
    20_000,
  );
  const seen: { id: string; at: string; details: { i: number } }[] = [];
  for (let cursor = ''; ; ) {
    const page = await list(`call=${callId}&limit=4${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.items);
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  t.same(
    seen.map((entry) => entry.details.i).sort((a, b) => a - b),
    Array.from({ length: 25 }, (_, i) => i),
  );
  t.same(
    seen.map((entry) => entry.at),
    seen
      .map((entry) => entry.at)
      .sort()
      .reverse(),
  );
  t.equal((await list(`actor=${managerId}&action=supervision.started&limit=500`)).items.length, 25);
  t.equal((await list('action=nothing')).items.length, 0);
  const { at } = seen[0]!;
  t.equal((await list(`call=${callId}&from=${at}`)).items.length, 5, 'from is included');
  t.equal((await list(`call=${callId}&to=${at}`)).items.length, 20, 'to is not');
  for (const query of [
    'limit=0',
    'limit=501',
    'from=yesterday',
    'actor=me',
    'who=me',
    'from=2026-12-31T23:59:60Z',
    'from=2026-11-21T09:30:00%2B01',
    'to=0000-01-01T00:00:00Z',
    'to=9999-12-31T23:59:59Z',
    'from=2026-11-21T10:00:00Z&to=2026-11-21T09:00:00Z',
    'cursor=x',
    'cursor=AAAA',
    `cursor=${Buffer.from(`-271821-04-20T00:00:00.000Z|${callId}`).toString('base64url')}`,
    `cursor=${Buffer.from(`+275760-09-13T00:00:00.000Z|${callId}`).toString('base64url')}`,
  ]) {
    t.match((await list(query)).code, /^(validation-failed|bad-cursor)$/, query);
  }
  t.match(await ask('GET', '/api/audit', { cookie: await server.signIn('sup') }), { status: 403 });
  t.match(await ask('GET', '/api/audit.csv', {}), { status: 401 });
});

t.test('its CSV holds every entry, and a name like a formula is text', async (t) => {
  const server = await accountsServer(t);
  const { ask, database } = server;
  await makePerson(server, { login: 'manager', roles: ['manager'], name: '=HYPERLINK("http://evil")' });
  const cookie = await server.signIn('manager');
  const at = new Date('2026-01-01T00:00:00Z');
  const many = Array.from({ length: 1_203 }, (_, i) => ({
    id: `01a1fd10-dcb8-70e5-b733-${String(i).padStart(12, '0')}`,
    at,
    action: 'test.many',
  }));
  await database.db.insertInto('audit_entries').values(many).execute();
  const answer = await ask('GET', '/api/audit.csv', { cookie });
  t.match(answer.headers.get('content-type'), /^text\/csv/);
  t.match(answer.headers.get('content-disposition'), /attachment; filename="audit.csv"/);
  const rows = parse(answer.body, { delimiter: ';', columns: true, bom: true }) as Record<string, string>[];
  t.equal(rows.filter((row) => row['action'] === 'test.many').length, 1_203);
  t.equal(rows.find((row) => row['action'] === 'session.signed-in')!['actor'], `'=HYPERLINK("http://evil")`);
  t.ok(
    rows.some(({ action }) => action === 'audit.exported'),
    'who takes the log away is in it',
  );
});

t.test('hostile words in an entry stay words in the list and in the CSV', async (t) => {
  const server = await accountsServer(t);
  const { ask, database, time } = server;
  await makePerson(server, { login: 'manager', roles: ['manager'], name: '+cmd|" /C calc"!A0' });
  const cookie = await server.signIn('manager');
  const audit = testAudit(t, { db: database.db, clock: { now: () => time.now } });
  const hostile = {
    html: '<img src=x onerror=alert(1)>',
    formula: '=1+1;"\r\n@SUM(A1)',
    rtl: '\u202eמשרד\u2066 عربي\u0000',
    '=key;"': ['\ud800', '-2+3'],
    long: 'é'.repeat(100_000),
  };
  await audit.write({
    actorId: null,
    action: 'test.hostile',
    subjectId: null,
    callId: null,
    details: hostile,
  });
  const told = async () => (await ask('GET', '/api/audit?action=test.hostile', { cookie })).body.items;
  const [entry] = await waitFor(told, (items) => items.length === 1, 20_000);
  t.match(entry.details, { html: hostile.html, formula: hostile.formula });
  t.equal(entry.details.long.length, 1_000, 'a long text is cut');
  const answer = await ask('GET', '/api/audit.csv', { cookie });
  const rows = parse(answer.body, { delimiter: ';', columns: true, bom: true }) as Record<string, string>[];
  const row = rows.find(({ action }) => action === 'test.hostile')!;
  t.same(JSON.parse(row['details']!), entry.details, 'one row, whatever it holds');
  t.equal(rows.find(({ action }) => action === 'session.signed-in')!['actor'], `'+cmd|" /C calc"!A0`);
  for (const cell of rows.flatMap((one) => Object.values(one))) t.notMatch(cell, /^[=+\-@\t\r]/);
});

t.test('reading does not pretend that there is nothing when the database is away', async (t) => {
  const database = await openTestDatabase();
  const audit = testAudit(t, { db: database.db });
  await database.close();
  const admin = makeViewer({ id: '1', name: 'x', roles: ['admin'], teamIds: [] });
  await t.rejects(audit.list(admin, {}));
});

t.test('a database that fails in the middle of the CSV ends the download and nothing else', async (t) => {
  const server = await accountsServer(t);
  const { ask, database } = server;
  await makePerson(server, { login: 'manager', roles: ['manager'] });
  const cookie = await server.signIn('manager');
  const refused = await ask('GET', '/api/audit.csv?from=2026-12-31T23:59:60Z', { cookie });
  t.match(refused, { status: 400, body: { code: 'validation-failed' } });
  const entries = (async function* () {
    const nobody = { actor: null, subject: null, callId: null };
    const unplaced = { chainId: null, sequence: null, hash: null };
    yield { id: 'e', at: '2026', action: 'a', ...nobody, details: {}, ...unplaced };
    await sql`select 'x'::timestamptz`.execute(database.db);
  })();
  await t.rejects(text(auditCsv(entries)), { code: '22007' });
  t.match(await ask('GET', '/api/session', { cookie }), { status: 200 });
});
