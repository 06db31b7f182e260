/** Asterisk itself writes its journal into tables (cel_pgsql, cel_odbc): what ARI misses is told from there. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { ensureInstalled } from '../../scripts/lab/install.ts';
import { ensureOdbcDriver } from '../../scripts/lab/odbc.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { openCelTable } from '../../src/adapters/cel/open-table.ts';
import { createTableSource } from '../../src/adapters/cel/table-source.ts';
import { openCallsScene } from '../support/calls-scene.ts';
import { type CelDatabase, freepbxTable, openMariadb, openPostgres } from '../support/cel-tables.ts';

t.setTimeout(240_000);

/** Files and modules of Asterisk's that make it write there. */
interface Writer {
  name: string;
  open(): Promise<CelDatabase>;
  files(db: CelDatabase): Promise<Record<string, string>>;
  modules: string[];
  /** How far its times may be off: the table's whole seconds. */
  skewMs: number;
}

const odbc = async (db: CelDatabase): Promise<Record<string, string>> => {
  const driver = await ensureOdbcDriver(await ensureInstalled(), console.error);
  return {
    'odbc.ini': `[cel]\nDriver = ${driver}\nServer = 127.0.0.1\nPort = ${db.port}\nDatabase = asteriskcdrdb\n`,
    'res_odbc.conf': '[asteriskcdrdb]\nenabled = yes\ndsn = cel\nusername = root\npre-connect = yes\n',
    'cel_odbc.conf': '[cel]\nconnection = asteriskcdrdb\ntable = cel\n',
  };
};
const odbcModules = ['res_odbc_transaction.so', 'res_odbc.so', 'cel_odbc.so'];
const writers: Writer[] = [
  {
    name: 'cel_pgsql into PostgreSQL',
    open: () => openPostgres(),
    files: async ({ port, url }) => ({
      'cel_pgsql.conf': `[global]\nhostname = 127.0.0.1\nport = ${port}\ndbname = ${new URL(url).pathname.slice(1)}\nuser = vigie\npassword = x\ntable = cel\n`,
    }),
    modules: ['cel_pgsql.so'],
    skewMs: 10,
  },
  {
    name: 'cel_odbc into FreePBX’s table in MariaDB',
    open: () => openMariadb(),
    files: odbc,
    modules: odbcModules,
    skewMs: 1_000,
  },
  {
    name: 'cel_odbc into that table with microseconds',
    open: () => openMariadb(freepbxTable.replace('eventtime datetime', 'eventtime datetime(6)')),
    files: odbc,
    modules: odbcModules,
    skewMs: 10,
  },
];

for (const writer of writers) {
  t.test(writer.name, async (t) => {
    const db = await writer.open();
    t.teardown(() => db.close());
    const append = await writer.files(db);
    const options = { name: 'cel-table', pbx: { append, load: writer.modules } };
    const scene = await openCallsScene(options, [], {
      proxied: true,
      journal: true,
      source: () => createTableSource(openCelTable(db.url)),
    });
    t.teardown(() => scene.close());
    const { lab, proxy, facts } = scene;
    const count = (kind: string) => facts.filter((fact) => fact.kind === kind).length;
    const talk = async (number: string, to: string) => {
      const arriving = lab.phones.nextCall(to);
      const customer = await lab.phones.call({ from: 'customer', callerId: number, to });
      const agent = await arriving;
      await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
      return { customer, agent };
    };
    const byAgent = await talk('0711000031', '1001');
    const byCustomer = await talk('0711000032', '1002');
    await waitFor('both to talk', () =>
      ['0711000031', '0711000032'].every((n) => scene.live(n)[0]?.phase === 'talking'),
    );
    const [lost, resynced] = [count('pbx-lost'), count('resynced')];
    proxy!.cut();
    await waitFor('the gap', () => count('pbx-lost') > lost);
    const cutAtMs = Date.now();
    await byAgent.agent.hangup();
    await byCustomer.customer.hangup();
    const unseen = await talk('0711000033', '1003');
    // Of a conversation within one second, a table of whole seconds does not tell (docs/cel.md).
    await delay(writer.skewMs + 200);
    await unseen.agent.hangup();
    await unseen.customer.waitEnded();
    const endedAtMs = Date.now();
    proxy!.mend();
    await waitFor('the connection to be back', () => count('resynced') > resynced, 15_000);
    for (const [number, reason] of [
      ['0711000031', 'agent-hung-up'],
      ['0711000032', 'customer-hung-up'],
      ['0711000033', 'agent-hung-up'],
    ] as const) {
      const call = await scene.record(number);
      t.match(call, { state: 'answered', reason, cause: 16, lastSeenAt: null }, number);
      const endMs = Date.parse(call.endedAt!);
      t.ok(
        endMs >= cutAtMs - writer.skewMs && endMs <= endedAtMs + 50 + writer.skewMs,
        `ended in the gap: ${endMs - cutAtMs} ms after its beginning`,
      );
    }
    await sameAsFile(t, db, await readFile(lab.pbx.celFile, 'utf8'), writer.skewMs);
  });
}

/** Every row of the table is a line of the file, and none is missing. */
async function sameAsFile(
  t: { same: (a: unknown, b: unknown, text: string) => unknown },
  db: CelDatabase,
  file: string,
  skewMs: number,
) {
  const table = openCelTable(db.url);
  await table.look();
  const rows = await table.after(0, null);
  await table.close();
  const lines = parse(file, { relax_column_count: true }) as string[][];
  const ofLine = (line: string[]) => [line[0], line[2], line[4], line[10], line[13]];
  t.same(
    rows.map(({ cells }) => [cells.eventtype, cells.uniqueid, cells.channame, cells.appname, cells.extra]),
    lines.map(ofLine),
    `${rows.length} rows, times within ${skewMs} ms`,
  );
}
