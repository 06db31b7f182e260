/** The journal in a table, of a real PostgreSQL and a real MariaDB: what is read on, what is not, and what may go wrong. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { createCelJournal } from '../../../src/adapters/cel/cel.ts';
import type { CelRow } from '../../../src/adapters/cel/cel-row.ts';
import { rowsMax } from '../../../src/adapters/cel/cel-table.ts';
import { holeWaitMs } from '../../../src/adapters/cel/id-reader.ts';
import { createKeptPosition } from '../../../src/adapters/cel/kept-position.ts';
import { openCelTable } from '../../../src/adapters/cel/open-table.ts';
import { parseTableUrl } from '../../../src/adapters/cel/table-address.ts';
import { connectDeadlineMs } from '../../../src/adapters/cel/table-limits.ts';
import { createTableSource } from '../../../src/adapters/cel/table-source.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import {
  type CelDatabase,
  freepbxTable,
  openMariadb,
  openPostgres,
  pgsqlTable,
  readerPassword,
} from '../../support/cel-tables.ts';
import { folderOf } from '../../support/journal-lines.ts';
import { waitFor } from '../../support/wait-for.ts';

t.setTimeout(180_000);
const [postgres, mariadb] = await Promise.all([openPostgres(), openMariadb()]);
t.teardown(() => Promise.all([postgres.close(), mariadb.close()]));
const both: CelDatabase[] = [postgres, mariadb];

interface Row {
  event: string;
  number: number;
  atMs?: number;
  name?: string;
  extra?: string;
}
const secondMs = (ms: number) => Math.floor(ms / 1_000) * 1_000;
const uniqueIdOf = (number: number, atMs: number) => `${Math.floor(atMs / 1_000)}.${number}`;
const timeText = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

async function write(db: CelDatabase, rows: readonly Row[], id?: number): Promise<void> {
  for (const { event, number, atMs = Date.now(), name = '', extra = '' } of rows) {
    const uniqueId = uniqueIdOf(number, atMs);
    const values: Record<string, unknown> = {
      ...(id === undefined ? {} : { id }),
      eventtype: event,
      eventtime: timeText(atMs),
      cid_name: name,
      cid_num: '0612345678',
      ...{ cid_ani: '', cid_rdnis: '', cid_dnid: '', exten: '1001', context: 'internal', amaflags: 3 },
      ...{ channame: `PJSIP/trunk-${number}`, appname: '', appdata: '', accountcode: '', peer: '' },
      uniqueid: uniqueId,
      linkedid: uniqueId,
      extra,
    };
    const names = Object.keys(values);
    await db.run(
      `insert into cel (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
      Object.values(values),
    );
  }
}

/** Reads until `count` rows have come, and a little longer. */
async function read(
  source: ReturnType<typeof createTableSource>,
  count: number,
): Promise<{ rows: CelRow[]; position: unknown }> {
  const rows: CelRow[] = [];
  let position: unknown = null;
  await waitFor(
    async () => {
      const batch = await source.read();
      if (batch) ({ position } = batch);
      rows.push(...(batch?.rows ?? []));
      return batch === null && rows.length >= count;
    },
    Boolean,
    30_000,
  );
  return { rows, position };
}

const sourceOf = (t: Test, db: Pick<CelDatabase, 'url'>, position: unknown = null) => {
  const source = createTableSource(openCelTable(db.url));
  source.open(position);
  t.teardown(() => source.close());
  return source;
};
const events = ({ rows }: { rows: readonly CelRow[] }) =>
  rows.map(({ event, uniqueId }) => `${event} ${uniqueId.split('.')[1]}`);
const ids = (rows: readonly CelRow[]) => rows.map(({ uniqueId }) => Number(uniqueId.split('.')[1]));

for (const db of both) {
  t.test(`${db.kind}: begins at the end, reads on, and goes on at the kept position`, async (t) => {
    await write(db, [{ event: 'CHAN_START', number: 1 }]);
    const source = sourceOf(t, db);
    t.same((await source.read())?.rows, [], 'what was there before is not read');
    t.equal(await source.read(), null);
    const atMs = Date.now();
    await write(db, [
      { event: 'CHAN_START', number: 2, atMs, name: 'Zoé "la" R’; drop table cel; -- \\' },
      { event: 'HANGUP', number: 2, atMs, extra: '{"hangupcause":16,"hangupsource":"PJSIP/trunk-2"}' },
    ]);
    const first = await read(source, 2);
    t.same(events(first), ['CHAN_START 2', 'HANGUP 2']);
    const wanted = db.kind === 'mysql' ? secondMs(atMs) + 999 : atMs;
    t.match(first.rows[0], { atMs: wanted, callerName: 'Zoé "la" R’; drop table cel; -- \\', exten: '1001' });
    t.equal(first.rows[1]?.extra, '{"hangupcause":16,"hangupsource":"PJSIP/trunk-2"}');
    await source.close();
    await write(db, [{ event: 'CHAN_END', number: 2 }]);
    const second = sourceOf(t, db, JSON.parse(JSON.stringify(first.position)));
    t.same(events(await read(second, 1)), ['CHAN_END 2']);
  });

  t.test(`${db.kind}: a backlog is read in pages, each row once`, async (t) => {
    const source = sourceOf(t, db);
    await source.read();
    const count = 2 * rowsMax + 17;
    const values = Array.from(
      { length: count },
      (_, i) =>
        `('CHAN_END','${timeText(Date.now())}','','','','','','','','PJSIP/a-${i}','','',0,'','1763980000.${i}','x','')`,
    );
    await db.run(
      `insert into cel (eventtype,eventtime,cid_name,cid_num,cid_ani,cid_rdnis,cid_dnid,exten,context,channame,appname,appdata,amaflags,accountcode,uniqueid,linkedid,peer) values ${values.join(',')}`,
    );
    const page = await source.read();
    t.equal(page?.rows.length, rowsMax, 'a page at a time');
    const rest = await read(source, count - rowsMax);
    t.same(
      [...ids(page!.rows), ...ids(rest.rows)],
      Array.from({ length: count }, (_, i) => i),
    );
  });

  t.test(
    `${db.kind}: a row that a slower writer brings late is waited for; one that never comes is not waited for long`,
    async (t) => {
      const [{ most }] = (await db.rows('select max(id) as most from cel')) as [{ most: number }];
      const source = sourceOf(t, db);
      await source.read();
      await write(db, [{ event: 'CHAN_START', number: 32 }], most + 2);
      const late = source.read();
      await write(db, [{ event: 'CHAN_START', number: 31 }], most + 1);
      t.same(events((await late)!), ['CHAN_START 31', 'CHAN_START 32']);
      await write(db, [{ event: 'CHAN_START', number: 34 }], most + 4);
      const startMs = Date.now();
      t.same(events(await read(source, 1)), ['CHAN_START 34']);
      const tookMs = Date.now() - startMs;
      t.ok(tookMs >= holeWaitMs && tookMs < 3 * holeWaitMs, `after ${tookMs} ms`);
      if (db.kind === 'postgres') await db.run(`alter sequence cel_id_seq restart with ${most + 5}`);
    },
  );

  t.test(`${db.kind}: a table that was emptied is read from its new beginning`, async (t) => {
    await write(db, [{ event: 'CHAN_START', number: 41 }]);
    const source = sourceOf(t, db);
    await source.read();
    await db.run(db.kind === 'postgres' ? 'truncate cel restart identity' : 'truncate cel');
    await write(db, [{ event: 'CHAN_START', number: 42, atMs: Date.now() + 1_000 }]);
    t.same(events(await read(source, 1)), ['CHAN_START 42']);
  });

  t.test(
    `${db.kind}: rows that cannot be understood are counted, a text that was cut is left out`,
    async (t) => {
      const source = sourceOf(t, db);
      await source.read();
      await write(db, [
        { event: '7', number: 51 },
        { event: 'HANGUP', number: 52, extra: '{"hangupcause":16,"hangupso' },
      ]);
      const { rows } = await read(source, 1);
      t.match(rows, [{ event: 'HANGUP', extra: '' }]);
      t.equal(source.bad, 1);
    },
  );
}

t.test('Columns may be more, fewer, in capitals; a table without a needed one says which', async (t) => {
  const table = openCelTable(mariadb.url);
  t.teardown(() => table.close());
  await mariadb.run(
    'alter table cel add column tenant varchar(20), change uniqueid UniqueID varchar(32) not null, drop column extra',
  );
  const source = sourceOf(t, mariadb);
  await source.read();
  await mariadb.run(
    "insert into cel (eventtype,eventtime,cid_name,cid_num,cid_ani,cid_rdnis,cid_dnid,exten,context,channame,appname,appdata,amaflags,accountcode,UniqueID,linkedid,peer,tenant) values ('HANGUP', now(), '','','','','','','','PJSIP/a-1','','',0,'','1763980000.61','1763980000.61','','x')",
  );
  t.match((await read(source, 1)).rows, [{ event: 'HANGUP', uniqueId: '1763980000.61', extra: '' }]);
  await mariadb.run('alter table cel drop column linkedid, drop column channame');
  await t.rejects(table.look(), { message: 'The table has no column linkedid, channame' });
  await mariadb.run('drop table cel');
  await t.rejects(table.look(), /cel/);
  await mariadb.run(freepbxTable);
});

for (const db of both) {
  t.test(
    `${db.kind}: a table without ids is read on by its times, each row once, alike ones as often as they are there`,
    async (t) => {
      await db.run('alter table cel drop column id');
      t.teardown(async () => {
        await db.run('drop table cel');
        await db.run(db.kind === 'postgres' ? `${pgsqlTable}; grant select on cel to reader` : freepbxTable);
      });
      await db.run('delete from cel');
      const source = sourceOf(t, db);
      t.equal(await source.read(), null, 'an empty table has no end yet');
      const atMs = secondMs(Date.now());
      await write(db, [
        { event: 'CHAN_START', number: 71, atMs },
        { event: 'CHAN_START', number: 72, atMs: atMs + 2_000 },
      ]);
      const first = await read(source, 2);
      t.same(events(first), ['CHAN_START 71', 'CHAN_START 72']);
      await write(db, [
        { event: 'HANGUP', number: 71, atMs: atMs + 1_000 },
        { event: 'BRIDGE_EXIT', number: 72, atMs: atMs + 2_000 },
        { event: 'BRIDGE_EXIT', number: 72, atMs: atMs + 2_000 },
      ]);
      t.same(
        events(await read(source, 3)),
        ['HANGUP 71', 'BRIDGE_EXIT 72', 'BRIDGE_EXIT 72'],
        'one of before the last too',
      );
      t.equal(await source.read(), null);
      await source.close();
      await write(db, [{ event: 'CHAN_END', number: 72, atMs: atMs + 3_000 }]);
      const again = await read(sourceOf(t, db, first.position), 1);
      t.equal(events(again).at(-1), 'CHAN_END 72');
    },
  );
}

t.test('A database that dies is found again, and nothing written meanwhile is lost', async (t) => {
  const source = sourceOf(t, mariadb);
  await source.read();
  await mariadb.server.kill();
  await t.rejects(source.read());
  await t.rejects(source.read(), Error, 'and is not asked at once again');
  await mariadb.server.start();
  await waitFor(() => mariadb.rows('select 1'));
  await write(mariadb, [{ event: 'CHAN_START', number: 81 }]);
  t.same(events(await read(source, 1)), ['CHAN_START 81']);
});

t.test(
  'A database that takes the connection and never answers costs no more than its deadline',
  async (t) => {
    const deaf = createServer(() => {});
    deaf.listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as { port: number };
    t.teardown(() => deaf.close());
    for (const kind of ['postgres', 'mysql']) {
      const source = sourceOf(t, { url: `${kind}://reader:x@127.0.0.1:${port}/a` });
      const startMs = Date.now();
      await t.rejects(source.read(), Error, kind);
      t.ok(Date.now() - startMs < connectDeadlineMs + 2_000, `${Date.now() - startMs} ms`);
    }
  },
);

t.test('Nothing of the password is in any line of the log, nor in what is kept', async (t) => {
  const lines: string[] = [];
  const say = (fields: object, message: string) => {
    const { err } = fields as { err?: Error };
    lines.push(
      JSON.stringify({ ...fields, err: { ...err, message: err?.message, stack: err?.stack } }) + message,
    );
  };
  const log: Log = { debug: say, info: say, warn: say, error: say, child: () => log };
  const urls = both.map(({ url }) => url);
  const refused = urls.map((url) => url.replace('//reader:', '//nobody:'));
  const nowhere = urls.map((url) => url.replace(/@[^/]+/, '@127.0.0.1:1'));
  const told: TelephonyFact[] = [];
  for (const url of [...refused, ...nowhere]) {
    const source = createTableSource(openCelTable(url));
    t.notMatch(source.of, /hunter2|nobody|reader/);
    const kept = createKeptPosition(folderOf(t), 'main');
    const needs = { synced: async () => {}, hasRoom: () => true };
    const journal = createCelJournal({ name: 'main', source, kept, needs, clock: systemClock, log });
    await journal.start((fact) => void told.push(fact));
    await journal.stop();
  }
  t.equal(lines.length, 4, 'each is said once');
  t.notMatch(lines.join('\n'), /hunter2/);
  t.notMatch(lines.join('\n'), encodeURIComponent(readerPassword));
});

t.test('What is no address of a table is refused, and nothing of it repeated', async (t) => {
  const wrong: [string, RegExp][] = [
    ['cel', /is not a postgres/],
    ['http://u:hunter2@h/d', /is not a postgres/],
    ['mysql://u:hunter2@h', /names no database/],
    ['mysql://u:hunter2@h/a/b', /names no database/],
    ['mysql://u:hunter2@h/d?table=cel%60', /no name/],
    ['mysql://u:hunter2@h/d?allowLocalInfile=1', /another parameter/],
    ['postgres://u:hunter2@h/d?sslmode=prefer', /sslmode/],
    ['postgres://u:hunter2%@h/d', /%/],
  ];
  for (const [url, why] of wrong) {
    t.throws(() => parseTableUrl(url), { message: why }, url);
    t.throws(() => parseTableUrl(url), { message: /^((?!hunter2).)*$/ });
  }
  t.match(
    parseTableUrl(`mysql://u:${encodeURIComponent(readerPassword)}@h:3307/d?table=a.b&sslmode=verify-full`),
    {
      kind: 'mysql',
      password: readerPassword,
      port: 3307,
      table: ['a', 'b'],
      tls: 'verify',
    },
  );
});
