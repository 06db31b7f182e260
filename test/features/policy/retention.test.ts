import { sql } from 'kysely';
import t from 'tap';
import { v7 } from 'uuid';
import { dataKinds, defaultPolicy, type Policy } from '../../../src/contract/policy.ts';
import type { Database } from '../../../src/database/database.ts';
import { createRetention, untilNightMs } from '../../../src/features/policy/retention.ts';
import { testAudit } from '../../support/audit-log.ts';
import { testDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/live.ts';
import { policyServer } from '../../support/policy-server.ts';

const now = Date.parse('2026-11-24T12:00:00Z');
const daysAgo = (days: number) => new Date(now - days * 86_400_000);
const secret = '0612345678';

/** A call of long ago and all that hangs on it. */
async function insertOld(db: Database, days: number): Promise<string> {
  const id = v7();
  const at = daysAgo(days);
  const leg = JSON.stringify([{ channel: `PJSIP/${secret}@trunk-1`, agent: { name: `Alice ${secret}` } }]);
  await sql`
    insert into calls (id, pbx, unique_id, linked_id, direction, origin, state, phase, started_at, menu_ms, wait_ms,
      ring_ms, talk_ms, hold_ms, caller_number, has_customer, legs, segments, queue_visits)
    values (${id}, 'main', ${id}, ${id}, 'inbound', 'direct', 'answered', 'ended', ${at}, 0, 0, 0, 0, 0, ${secret}, true,
      ${leg}::jsonb, ${leg}::jsonb, ${leg}::jsonb)`.execute(db);
  await sql`
    insert into call_marks (id, call_id, kind, by_id, by_name, from_at)
    values (${v7()}, ${id}, 'private', ${v7()}, ${secret}, ${at})`.execute(db);
  await sql`
    insert into supervisions (id, person_id, person_name, agent_id, agent_name, pbx, mode, scope, device, device_address,
      state, reason, started_at, calls)
    values (${v7()}, ${v7()}, ${secret}, ${v7()}, 'Alice', 'main', 'listen', 'call', 'phone', 'PJSIP/1', 'ended',
      ${secret}, ${at}, ${JSON.stringify([{ callId: id, note: secret }])}::jsonb)`.execute(db);
  const grid = await sql<{ version: number }>`
    insert into evaluation_grids (criteria) values ('[]') returning version`.execute(db);
  await sql`
    insert into evaluations (id, call_id, call_started_at, agent_id, agent_name, author_id, author_name, grid_version,
      marks, comment, created_at, updated_at)
    values (${v7()}, ${id}, ${at}, ${v7()}, 'Alice', ${v7()}, 'Sophie', ${grid.rows[0]!.version}, '{}', ${secret}, ${at},
      ${at})`.execute(db);
  return id;
}

const tables = ['calls', 'call_marks', 'supervisions', 'evaluations'] as const;
async function counts(db: Database): Promise<Record<string, number>> {
  const found = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await sql<{
        count: number;
      }>`select count(*)::int as count from ${sql.table(table)}`.execute(db);
      return [table, rows[0]!.count] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** Whether the text stands in any column of any row, jsonb too. */
async function stands(db: Database, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    const { rows } =
      await sql`select 1 from ${sql.table(table)} row where to_jsonb(row)::text like ${`%${text}%`}`.execute(
        db,
      );
    if (rows.length > 0) found.push(table);
  }
  return found;
}

const withDays = (days: Policy['retentionDays']): Policy => ({ ...defaultPolicy, retentionDays: days });
const none = { calls: null, supervisions: null, audit: null, evaluations: null, chat: null };

t.test(
  'what is older than the policy keeps it is deleted, to the last jsonb; what is newer stays',
  async (t) => {
    const { db } = await testDatabase(t);
    const audit = testAudit(t, { db });
    const elsewhere: string[] = [];
    let policy = withDays(none);
    const retention = createRetention({
      db,
      policy: () => policy,
      clock: { now: () => now },
      log: quietLog,
      audit,
      elsewhere: {
        audit: async (before) => elsewhere.push(`audit ${before.toISOString()}`),
        chat: () => Promise.reject(new Error('the chat is away')),
      },
      batchRows: 2,
    });
    for (const days of [400, 399, 366, 365.01, 364.99, 1]) await insertOld(db, days);
    await retention.run();
    t.same(
      await counts(db),
      { calls: 6, call_marks: 6, supervisions: 6, evaluations: 6 },
      'nothing unless asked',
    );
    t.same(elsewhere, []);

    policy = withDays({ ...none, calls: 365, audit: 30, chat: 7, evaluations: 365, supervisions: 365 });
    const run = await retention.run();
    t.same(await counts(db), { calls: 2, call_marks: 2, supervisions: 2, evaluations: 2 });
    t.same(elsewhere, ['audit 2026-10-25T12:00:00.000Z'], 'other features are asked for theirs');
    t.match(
      run.kinds.map(({ kind, deleted, complete }) => [kind, deleted, complete]),
      [
        ['calls', 4, true],
        ['supervisions', 4, true],
        ['audit', 1, true],
        ['evaluations', 4, true],
        ['chat', 0, false],
      ],
      'and one that fails keeps nothing from the others',
    );
    policy = withDays({ ...none, calls: 1, evaluations: 1, supervisions: 1 });
    t.same((await stands(db, secret)).sort(), ['call_marks', 'calls', 'evaluations', 'supervisions']);
    const later = createRetention({
      db,
      policy: () => policy,
      clock: { now: () => now + 2 * 86_400_000 },
      log: quietLog,
      audit,
      elsewhere: {},
    });
    await later.run();
    t.same(await stands(db, secret), [], 'nothing of it is left in any column');
    t.equal((await db.selectFrom('retention_runs').selectAll().execute()).length, 3);
  },
);

t.test('a supervision that goes on is never deleted, and a night is bounded', async (t) => {
  const { db } = await testDatabase(t);
  for (let i = 0; i < 5; i++) await insertOld(db, 30);
  await sql`update supervisions set state = 'live' where id = (select id from supervisions limit 1)`.execute(
    db,
  );
  const retention = createRetention({
    db,
    policy: () => withDays({ ...none, calls: 1, supervisions: 1 }),
    clock: { now: () => now },
    log: quietLog,
    audit: testAudit(t, { db }),
    elsewhere: {},
    batchRows: 2,
    batchesMax: 2,
  });
  const first = await retention.run();
  t.match(first.kinds, [
    { kind: 'calls', deleted: 4, complete: false },
    { kind: 'supervisions', deleted: 4, complete: false },
  ]);
  t.match((await retention.run()).kinds, [
    { deleted: 1, complete: true },
    { deleted: 0, complete: true },
  ]);
  t.match(await counts(db), { calls: 0, supervisions: 1 });
});

t.test('it runs when the server starts, and the policy page says what the last night did', async (t) => {
  const server = await policyServer(t, { deleteMore: async () => 7 });
  const { cookie } = await server.person('manager', ['manager']);
  const status = async () => (await server.ask('GET', '/api/policy/retention', { cookie })).body;
  t.same(await status(), { lastRun: null });
  await server.policy.start();
  await server.policy.purge();
  const { lastRun } = await status();
  t.same(
    lastRun.kinds.map((one: { kind: string; deleted: number }) => [one.kind, one.deleted]),
    [
      ['audit', 0],
      ['evaluations', 0],
      ['chat', 7],
    ],
    'by default the audit, the evaluations and the chat are kept a year',
  );
  const audited = await server.ask('GET', '/api/audit?action=retention.purged', { cookie });
  t.match(audited.body.items, [{ actor: null, details: { by: 'policy' } }]);
  t.ok(lastRun.kinds.every((one: { kind: string }) => (dataKinds as readonly string[]).includes(one.kind)));
});

t.test('the night is three in the morning on the wall, whatever the season', async (t) => {
  const rows: [string, string, string][] = [
    ['2026-11-24T12:00:00Z', 'Europe/Paris', '2026-11-25T02:00:00Z'],
    ['2026-07-24T12:00:00Z', 'Europe/Paris', '2026-07-25T01:00:00Z'],
    ['2026-07-24T01:00:00Z', 'Europe/Paris', '2026-07-25T01:00:00Z'],
    ['2026-03-28T22:00:00Z', 'Europe/Paris', '2026-03-29T01:00:00Z'],
    ['2026-10-24T22:00:00Z', 'Europe/Paris', '2026-10-25T02:00:00Z'],
    ['2026-11-24T12:00:00Z', 'Asia/Kathmandu', '2026-11-24T21:15:00Z'],
  ];
  for (const [at, zone, expected] of rows) {
    const ms = Date.parse(at);
    t.equal(
      new Date(ms + untilNightMs(ms, zone)).toISOString(),
      new Date(expected).toISOString(),
      `${at} ${zone}`,
    );
  }
});
