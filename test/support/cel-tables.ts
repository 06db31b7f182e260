/** Tables of CEL as Asterisk's own sample, FreePBX and others have them, on a real PostgreSQL and a real MariaDB. */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { type MariaDb, startMariadb } from '../../scripts/lab/mariadb.ts';
import { openTestDatabase } from './database.ts';
import { waitFor } from './wait-for.ts';

/** A database with an empty table `cel`. */
export interface CelDatabase {
  kind: 'postgres' | 'mysql';
  /** For CEL_URL; the user may only read. */
  url: string;
  port: number;
  /** As the administrator. */
  run(sql: string, values?: readonly unknown[]): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export const readerPassword = 'hunter2-@:/?#';
const reader = `reader:${encodeURIComponent(readerPassword)}`;

/** As contrib/ and the documentation of cel_pgsql have it. */
export const pgsqlTable = `create table cel (
  id serial, eventtype varchar(30) not null, eventtime timestamp not null, userdeftype varchar(255) not null default '',
  cid_name varchar(80) not null, cid_num varchar(80) not null, cid_ani varchar(80) not null, cid_rdnis varchar(80) not null,
  cid_dnid varchar(80) not null, exten varchar(80) not null, context varchar(80) not null, channame varchar(80) not null,
  appname varchar(80) not null, appdata varchar(255) not null, amaflags int not null, accountcode varchar(20) not null,
  peeraccount varchar(20) not null default '', uniqueid varchar(150) not null, linkedid varchar(150) not null,
  userfield varchar(255) not null default '', peer varchar(80) not null, extra text not null default '')`;

/** As FreePBX makes it: whole seconds, short texts. */
export const freepbxTable = `create table cel (
  id int(11) not null auto_increment, eventtype varchar(30) not null, eventtime datetime not null,
  cid_name varchar(80) not null, cid_num varchar(80) not null, cid_ani varchar(80) not null, cid_rdnis varchar(80) not null,
  cid_dnid varchar(80) not null, exten varchar(80) not null, context varchar(80) not null, channame varchar(80) not null,
  appname varchar(80) not null, appdata varchar(255) not null, amaflags int(11) not null, accountcode varchar(20) not null,
  uniqueid varchar(32) not null, linkedid varchar(32) not null, peer varchar(80) not null,
  userdeftype varchar(255) not null default '', extra varchar(512) not null default '',
  primary key (id), key uniqueid_index (uniqueid), key linkedid_index (linkedid), key context_index (context))
  engine=InnoDB default charset=utf8mb4`;

export async function openPostgres(table = pgsqlTable): Promise<CelDatabase> {
  const database = await openTestDatabase();
  const { pathname, searchParams } = new URL(database.url.replace(':///', '://x/'));
  const socket = `${searchParams.get('host')}/.s.PGSQL.${searchParams.get('port')}`;
  const door = createServer((client) => {
    const server = createConnection(socket);
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(
    'do $$ begin create role reader login; exception when duplicate_object or unique_violation then null; end $$',
  );
  await admin.query(`${table}; grant select on cel to reader`);
  return {
    kind: 'postgres',
    url: `postgres://${reader}@127.0.0.1:${port}${pathname}?table=public.cel`,
    port,
    run: async (sql, values = []) => void (await admin.query(numbered(sql), [...values])),
    rows: async (sql) => (await admin.query(sql)).rows,
    async close() {
      await admin.end();
      door.close();
      await database.close();
    },
  };
}

const numbered = (sql: string): string => {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
};

export async function openMariadb(table = freepbxTable): Promise<CelDatabase & { server: MariaDb }> {
  const server = await startMariadb();
  const connect = () => mysql.createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
  await waitFor(async () => (await connect()).end().then(() => true));
  // Anew for each statement: the server may have been killed since.
  const ask = async (sql: string, values: readonly unknown[] = []) => {
    const admin = await connect();
    try {
      await admin.query('create database if not exists asteriskcdrdb');
      await admin.query('use asteriskcdrdb');
      return (await admin.query(sql, [...values]))[0];
    } finally {
      await admin.end();
    }
  };
  await ask(table);
  await ask(`create user reader@'127.0.0.1' identified by ${mysql.escape(readerPassword)}`);
  await ask("grant select on asteriskcdrdb.cel to reader@'127.0.0.1'");
  return {
    kind: 'mysql',
    url: `mysql://${reader}@127.0.0.1:${server.port}/asteriskcdrdb`,
    port: server.port,
    server,
    run: async (sql, values) => void (await ask(sql, values)),
    rows: async (sql) => (await ask(sql)) as Record<string, unknown>[],
    close: () => server.stop(),
  };
}
