/** The chain: what is written stays, and whatever is done to it afterwards is found and named. */
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { auditFiles, createAuditLog } from '../../../src/adapters/audit-log/audit-log.ts';
import type { AuditFault } from '../../../src/contract/audit.ts';
import type { Database } from '../../../src/database/database.ts';
import { createAudit } from '../../../src/features/audit/audit.service.ts';
import { verifyAudit } from '../../../src/features/audit/verify.ts';
import { type AuditRecord, chained } from '../../../src/ports/audit-chain.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { auditFolder } from '../../support/audit-log.ts';
import { testDatabase, testServer } from '../../support/database.ts';
import { quietLog } from '../../support/live.ts';
import { waitFor } from '../../support/wait-for.ts';

const viewer = makeViewer({
  id: '01a1fd10-dcb8-70e5-b733-000000000001',
  name: 'M',
  roles: ['manager'],
  teamIds: [],
});
const someone = '01a1fd10-dcb8-70e5-b733-000000000002';
const nobody = { actorId: null, subjectId: null, callId: null };

/** A log with `count` entries, all in the database too. Its first entry is the beginning of the chain. */
async function writtenLog(t: Test, count = 12) {
  const { db, url } = await testDatabase(t);
  const dataDir = auditFolder(t);
  const time = { now: Date.parse('2026-03-10T09:00:00Z') };
  const clock = { now: () => time.now };
  const open = () =>
    createAudit({ db, clock, log: quietLog, local: createAuditLog({ dataDir, log: quietLog, clock }) });
  let audit = open();
  await audit.start();
  for (let i = 0; i < count; i++) {
    time.now += 1_000;
    await audit.write({ ...nobody, actorId: viewer.personId, action: 'test.done', details: { i } });
  }
  await copied(db, count + 1);
  t.teardown(() => audit.stop());
  /** The local log, as somebody with access to the disk changes it. */
  const onDisk = async (statement: string) => {
    await audit.stop();
    const file = new DatabaseSync(auditFiles(dataDir).log);
    file.exec(statement);
    file.close();
    audit = open();
  };
  const verify = () => audit.verify(viewer);
  return { db, url, dataDir, time, open, onDisk, verify, audit: () => audit };
}

const copied = (db: Database, count: number) =>
  waitFor(
    async () => (await sql<{ n: number }>`select count(*) as n from audit_entries`.execute(db)).rows[0]!.n,
    (n) => n >= count,
  );

const short = ({ kind, where, sequence, toSequence }: AuditFault) =>
  [kind, where, sequence, ...(toSequence === null ? [] : [toSequence])].join(' ');

t.test('a log that nobody touched is intact, and says where its chain ends', async (t) => {
  const { verify, audit } = await writtenLog(t);
  const result = await verify();
  t.match(result, { intact: true, databaseEntries: 13, localEntries: 13, notYetCopied: 0, faults: [] });
  t.match(result.chains, [{ own: true, entries: 13, firstSequence: 1, lastSequence: 13, purgedThrough: 0 }]);
  const { items } = await audit().list(viewer, { limit: 1 });
  t.equal(items[0]!.hash, result.chains[0]!.lastHash);
  const sup = makeViewer({ id: 'x', name: 'S', roles: ['supervisor'], teamIds: [] });
  await t.rejects(audit().verify(sup), { code: 'not-allowed' });
});

const inDatabase: [string, string, string[]][] = [
  ['another action', "update audit_entries set action = 'x' where sequence = 5", ['changed database 5']],
  [
    'another person',
    `update audit_entries set actor_id = '${someone}' where sequence = 5`,
    ['changed database 5'],
  ],
  [
    'somebody left out',
    'update audit_entries set actor_id = null where sequence = 5',
    ['changed database 5'],
  ],
  [
    'another subject',
    `update audit_entries set subject_id = '${someone}' where sequence = 5`,
    ['changed database 5'],
  ],
  [
    'another call',
    `update audit_entries set call_id = '${someone}' where sequence = 5`,
    ['changed database 5'],
  ],
  [
    'other details',
    `update audit_entries set details = '{"i": 4}' where sequence = 5`,
    ['changed database 5'],
  ],
  ['no details', `update audit_entries set details = 'null' where sequence = 5`, ['changed database 5']],
  [
    'another time',
    "update audit_entries set at = at + interval '1 microsecond' where sequence = 5",
    ['changed database 5'],
  ],
  ['another id', `update audit_entries set id = '${someone}' where sequence = 5`, ['changed database 5']],
  [
    'another hash',
    String.raw`update audit_entries set hash = '\x00' where sequence = 5`,
    ['changed database 5'],
  ],
  ['no hash', 'update audit_entries set hash = null where sequence = 5', ['changed database 5']],
  ['one removed', 'delete from audit_entries where sequence = 5', ['missing database 5 5']],
  ['several removed', 'delete from audit_entries where sequence between 5 and 8', ['missing database 5 8']],
  ['the first removed', 'delete from audit_entries where sequence <= 2', ['missing database 1 2']],
  ['the last removed', 'delete from audit_entries where sequence > 10', ['missing database 11 13']],
  ['all removed', 'delete from audit_entries', ['missing database 1 13']],
  [
    'two exchanged',
    'update audit_entries set sequence = 11 - sequence where sequence in (5, 6)',
    ['moved database 5', 'moved database 6'],
  ],
  [
    'one inserted, the rest shifted',
    `insert into audit_entries (id, at, action, chain_id, sequence, previous_hash, hash)
     select '${someone}', at, 'x', chain_id, 14, previous_hash, hash from audit_entries where sequence = 13`,
    ['changed database 14', 'inserted database 14'],
  ],
  [
    'one with a number that is taken',
    `insert into audit_entries (id, at, action, chain_id, sequence, previous_hash, hash)
     select '${someone}', at, 'x', chain_id, 5, previous_hash, '\\x01' from audit_entries where sequence = 5`,
    ['inserted database 5'],
  ],
  [
    'one outside every chain',
    `insert into audit_entries (id, at, action) values ('${someone}', now(), 'x')`,
    ['inserted database '],
  ],
];

t.test('whatever is done to an entry in the database is found, and named', async (t) => {
  const { db, verify } = await writtenLog(t);
  for (const [what, statement, expected] of inDatabase) {
    await sql`create table kept as select * from audit_entries`.execute(db);
    await sql.raw(statement).execute(db);
    const result = await verify();
    t.same(result.faults.map(short).sort(), expected.sort(), what);
    t.notOk(result.intact);
    await sql`truncate audit_entries`.execute(db);
    await sql`insert into audit_entries select * from kept`.execute(db);
    await sql`drop table kept`.execute(db);
  }
  t.equal((await verify()).intact, true, 'put back, it is intact again');
});

t.test(
  'a chain rewritten whole in the database, every hash made anew, is not what the local log has',
  async (t) => {
    const { db, verify } = await writtenLog(t, 4);
    const { rows } = await sql<{
      id: string;
      at: Date;
      details: AuditRecord['details'];
      chain_id: string;
      sequence: number;
      hash: Buffer;
    }>`
    select * from audit_entries order by sequence`.execute(db);
    let last = { sequence: 2, hash: rows[1]!.hash.toString('hex') };
    for (const row of rows.slice(2)) {
      const said = { id: row.id, at: row.at.toISOString(), action: 'test.done', ...nobody, actorId: someone };
      const entry = chained({ ...said, details: row.details }, row.chain_id, last);
      last = entry;
      await sql`update audit_entries set actor_id = ${someone}, hash = decode(${entry.hash}, 'hex'),
      previous_hash = decode(${entry.previousHash}, 'hex') where id = ${row.id}`.execute(db);
    }
    t.same((await verify()).faults.map(short), [
      'changed database 3',
      'changed database 4',
      'changed database 5',
    ]);
  },
);

t.test('whatever is done to an entry on the disk is found, and named', async (t) => {
  const changed = (change: string) => `update entries set ${change} where sequence = 5`;
  const cases: [string, string, string[]][] = [
    ['another body', changed(`body = replace(body, '"i":3', '"i":4')`), ['changed local 5']],
    ['no body', changed("body = '{'"), ['changed local 5']],
    ['another hash', changed("hash = 'x'"), ['changed local 5']],
    ['one removed', 'delete from entries where sequence = 5', ['missing local 5 5']],
    ['the last removed', 'delete from entries where sequence > 12', ['inserted database 13']],
    [
      'two exchanged',
      'update entries set sequence = 100 - sequence where sequence in (5, 6); update entries set sequence = sequence - 89 where sequence > 90',
      ['moved local 5', 'moved local 6'],
    ],
  ];
  for (const [what, statement, expected] of cases) {
    const { onDisk, verify } = await writtenLog(t);
    await onDisk(statement);
    t.same((await verify()).faults.map(short).sort(), expected.sort(), what);
  }
});

t.test(
  'the entries of before are chained once, and cannot be shortened or lengthened afterwards',
  async (t) => {
    const { db } = await testDatabase(t);
    await sql`insert into audit_entries (id, at, action, details)
    select gen_random_uuid(), now() - interval '1 day' + n * interval '1.001 second', 'old', jsonb_build_object('ü', n)
    from generate_series(1, 2500) n`.execute(db);
    const dataDir = auditFolder(t);
    const open = () =>
      createAudit({
        db,
        clock: systemClock,
        log: quietLog,
        local: createAuditLog({ dataDir, log: quietLog }),
      });
    for (const _ of [1, 2]) {
      const audit = open();
      await audit.start();
      await copied(db, 2_502);
      const result = await audit.verify(viewer);
      t.match(result, { intact: true, databaseEntries: 2_502, localEntries: 2 });
      await audit.stop();
    }
    const audit = open();
    t.teardown(() => audit.stop());
    await sql`delete from audit_entries where action = 'old' and sequence > 2499`.execute(db);
    t.match((await audit.verify(viewer)).faults.map(short), ['missing database 2500 2500']);
    await sql`insert into audit_entries (id, at, action) values (gen_random_uuid(), now(), 'old')`.execute(
      db,
    );
    await audit.start();
    t.match((await audit.verify(viewer)).faults.map(short).sort(), [
      'inserted database ',
      'missing database 2500 2500',
    ]);
  },
);

t.test(
  'a purged month leaves a signed checkpoint with which verifying passes, and nothing else does',
  async (t) => {
    const { db, time, audit, verify, dataDir } = await writtenLog(t, 20);
    time.now = Date.parse('2026-04-02T09:00:00Z');
    await audit().write({ ...nobody, action: 'test.done' });
    await copied(db, 22);
    await t.rejects(audit().purgeBefore('2026-05'), RangeError, 'a month that has not begun');
    await t.rejects(audit().purgeBefore('april'), RangeError);
    t.equal(await audit().purgeBefore('2026-03'), 0);
    t.equal(await audit().purgeBefore('2026-04'), 21);
    t.equal(await audit().purgeBefore('2026-04'), 0, 'once');
    await copied(db, 2);
    const result = await verify();
    t.match(result, { intact: true, databaseEntries: 2, localEntries: 2, faults: [] });
    t.match(result.chains, [{ purgedThrough: 21, firstSequence: 22, lastSequence: 23 }]);
    const { items } = await audit().list(viewer, {});
    t.match(items[0], { action: 'audit.checkpoint', details: { throughSequence: 21, entries: 21 } });
    const later = createAuditLog({ dataDir, log: quietLog, readOnly: true });
    t.teardown(() => later.close());
    t.match(
      await verifyAudit({ db, local: null, clock: systemClock }),
      { intact: true },
      'without the disk too',
    );
    t.match(await later.state(), { checkpoint: { throughSequence: 21 } });

    const forged: [string, string, string[]][] = [
      ['no checkpoint', 'delete from audit_checkpoints', ['missing database 1 21']],
      ['another count', 'update audit_checkpoints set entries = 20', ['checkpoint database 21']],
      [
        'one more entry under it',
        `update audit_checkpoints set through_sequence = 22,
       through_hash = (select hash from audit_entries where sequence = 22); delete from audit_entries where sequence = 22`,
        ['checkpoint database 22'],
      ],
      [
        'an entry before it',
        `insert into audit_entries (id, at, action, chain_id, sequence, previous_hash, hash)
       select '${someone}', at, 'x', chain_id, 20, '\\x00', '\\x01' from audit_entries where sequence = 22`,
        ['changed database 20', 'missing database 21 21'],
      ],
    ];
    for (const [what, statement, expected] of forged) {
      await sql`create table kept as select * from audit_entries`.execute(db);
      await sql`create table kept_too as select * from audit_checkpoints`.execute(db);
      for (const one of statement.split(';')) await sql.raw(one).execute(db);
      const { faults } = await verify();
      t.hasStrict(faults.map(short), expected, what);
      for (const [table, copy] of [
        ['audit_entries', 'kept'],
        ['audit_checkpoints', 'kept_too'],
      ])
        await sql
          .raw(`delete from ${table}; insert into ${table} select * from ${copy}; drop table ${copy}`)
          .execute(db);
    }
  },
);

t.test(
  'the reason of a supervision is kept beside it, and its entry tells when it is no longer the same',
  async (t) => {
    const { db, audit, verify } = await writtenLog(t, 1);
    const supervisionId = '01a1fd10-dcb8-70e5-b733-000000000009';
    await audit().write({
      ...nobody,
      action: 'supervision.started',
      details: { supervisionId, reason: 'Plainte de Mme Dupont, 06 12 34 56 78' },
    });
    await copied(db, 3);
    const { items } = await audit().list(viewer, { limit: 1 });
    t.notMatch(JSON.stringify(items), /Dupont|06 12/);
    t.match(items[0]!.details, { supervisionId, reasonHash: /^[\w-]{43}$/ });
    await sql`insert into supervisions (id, person_id, person_name, agent_id, agent_name, pbx, mode, scope, device,
      device_address, state, reason, started_at)
    values (${supervisionId}, ${someone}, 'S', ${someone}, 'A', 'main', 'listen', 'call', 'phone', 'x', 'ended',
      'Plainte de Mme Dupont, 06 12 34 56 78', now())`.execute(db);
    t.equal((await verify()).intact, true);
    await sql`update supervisions set reason = 'Formation'`.execute(db);
    t.same((await verify()).faults.map(short), ['reason-changed database 3']);
    await sql`delete from supervisions`.execute(db);
    t.equal((await verify()).intact, true, 'erased with its supervision, nothing is wrong');
  },
);

t.test('details of any kind come back as they were hashed', async (t) => {
  const { audit, db, verify } = await writtenLog(t, 0);
  const hostile = {
    nul: 'a\0b',
    half: '\ud800x',
    long: 'x'.repeat(20_000),
    numbers: [1e21, 0.1 + 0.2, -0, 5e-324, 2 ** 53, 1.0],
    clé: { b: 1, a: [null, true, { z: '‮<b>', y: undefined }] },
    __proto__: null,
    deep: { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } },
  };
  await audit().write({ ...nobody, action: 'test.hostile', details: hostile });
  await copied(db, 2);
  t.match(await verify(), { intact: true, databaseEntries: 2 });
  await t.rejects(audit().write({ ...nobody, actorId: 'Sophie', action: 'x' }), TypeError);
});

t.test(
  'with the database away entries are kept; it gets them in their order, none twice, when it is back',
  async (t) => {
    const { db, url } = await testDatabase(t);
    const dataDir = auditFolder(t);
    const admin = new pg.Client({ connectionString: await testServer() });
    await admin.connect();
    t.teardown(() => admin.end());
    const name = /\/(vt_\w+)/.exec(url)![1]!;
    const away = async () => {
      await admin.query(`alter database ${name} allow_connections false`);
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    };
    const make = () =>
      createAudit({
        db,
        clock: systemClock,
        log: quietLog,
        local: createAuditLog({ dataDir, log: quietLog }),
      });
    const first = make();
    await first.start();
    await first.write({ ...nobody, action: 'test.before' });
    await copied(db, 2);
    await away();
    for (let i = 0; i < 1_200; i += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          first.write({ ...nobody, action: 'test.away', details: { n: i + n } }),
        ),
      );
    // The server goes away as well; another one finds what waits.
    await first.stop();
    const second = make();
    t.teardown(() => second.stop());
    await second.write({ ...nobody, action: 'test.after' });
    await admin.query(`alter database ${name} allow_connections true`);
    await copied(db, 1_203);
    const result = await second.verify(viewer);
    t.match(result, { intact: true, databaseEntries: 1_203, localEntries: 1_203, notYetCopied: 0 });
    const { rows } = await sql<{ n: number }>`
    select (details->>'n')::int as n from audit_entries where action = 'test.away' order by sequence`.execute(
      db,
    );
    t.same(
      rows.map(({ n }) => n),
      Array.from({ length: 1_200 }, (_, i) => i),
    );
  },
);
