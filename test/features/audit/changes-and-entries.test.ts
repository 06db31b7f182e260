/** Nothing changes without its entry, and whoever takes data away leaves one. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { startApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { AuditEntry } from '../../../src/contract/audit.ts';
import { AppError } from '../../../src/contract/errors.ts';
import { hashPassword } from '../../../src/features/accounts/password.ts';
import { createPeople } from '../../../src/features/accounts/people.service.ts';
import { createRevocations } from '../../../src/features/accounts/revocations.ts';
import { createQueuesService } from '../../../src/features/agents/queues.service.ts';
import { createTeamsService } from '../../../src/features/agents/teams.service.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { testDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/live.ts';
import { freshDataDir } from '../../support/vigie.ts';

const password = 'correct horse battery';

t.test('Without its entry no team, queue or login is made or changed', async (t) => {
  const { db } = await testDatabase(t);
  const audit = { write: () => Promise.reject(new AppError('audit-unavailable')) };
  const onChange = async () => {};
  const viewer = makeViewer({ id: randomUUID(), name: 'Ada', roles: ['admin'], teamIds: [] });
  const [team, person] = [randomUUID(), randomUUID()];
  await db.insertInto('teams').values({ id: team, name: 'North' }).execute();
  const kept = { id: person, name: 'Sam', login: 'sam', roles: ['supervisor'] };
  await db.insertInto('people').values(kept).execute();
  const teams = createTeamsService({ db, audit, onChange });
  const queues = createQueuesService({ db, pbxNames: ['main'], audit, onChange });
  const people = createPeople({
    db,
    audit,
    clock: systemClock,
    pbxNames: ['main'],
    revocations: createRevocations({ db, clock: systemClock, log: quietLog }),
    writeDetails: async () => {},
    changed: () => {},
    shutOut: () => {},
  });
  const newcomer = { name: 'Eve', login: 'eve', roles: ['agent' as const], password };
  const tries: [string, () => Promise<unknown>][] = [
    ['a new team', () => teams.add(viewer, { name: 'South' })],
    ['a renamed team', () => teams.rename(viewer, team, { name: 'South' })],
    ['a removed team', () => teams.remove(viewer, team)],
    ['a queue', () => queues.set(viewer, 'main:sales', { name: 'Sales' })],
    ['a new login', () => people.create(viewer, newcomer)],
    ['a changed login', () => people.change(viewer, person, { roles: ['manager'] })],
  ];
  for (const [what, act] of tries) await t.rejects(act(), { code: 'audit-unavailable' }, what);
  t.match(await db.selectFrom('teams').selectAll().execute(), [{ id: team, name: 'North' }]);
  t.equal((await db.selectFrom('queues').select('name').execute()).length, 0);
  t.match(await db.selectFrom('people').select(['id', 'roles']).execute(), [
    { id: person, roles: ['supervisor'] },
  ]);
});

t.test('Every export leaves an entry that says of whom, and holds no name and no number', async (t) => {
  const { db, url } = await testDatabase(t);
  const id = randomUUID();
  const passwordHash = await hashPassword(password);
  await db
    .insertInto('people')
    .values({ id, name: 'Max', login: 'max', roles: ['manager'], password_hash: passwordHash })
    .execute();
  const settings = { DATABASE_URL: url, DATA_DIR: await freshDataDir(t), PORT: '0', LOG_LEVEL: 'silent' };
  const app = await startApp(readConfig(settings));
  t.teardown(() => app.stop());
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ login: 'max', password });
  const signedIn = await fetch(`${app.address}/api/session`, { method: 'POST', headers, body });
  const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
  const get = (path: string) => fetch(app.address + path, { headers: { cookie } });
  const asked = ['calls.csv?q=0612345678&', 'evaluations.csv?', 'audit.csv?'];
  const from = '2026-01-01T00:00:00.000Z';
  for (const path of asked) t.equal((await get(`/api/${path}from=${from}`)).status, 200, path);
  const { items } = (await (await get('/api/audit')).json()) as { items: AuditEntry[] };
  const exports = items.filter(({ action }) => action.endsWith('.exported'));
  t.match(exports.map(({ action }) => action).sort(), [
    'audit.exported',
    'calls.exported',
    'evaluations.exported',
  ]);
  for (const { actor, details } of exports) {
    t.equal(actor?.id, id);
    t.match(details, { from });
    t.notMatch(JSON.stringify(details), /0612345678/);
  }
});
