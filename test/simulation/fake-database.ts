import {
  type CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { Database } from '../../src/database/database.ts';
import type { Tables } from '../../src/database/generated/tables.ts';
import type { Random } from './tape.ts';

/** A row of `calls`, as far as the simulation looks at it. */
export interface CallRecord {
  id: string;
  unique_id: string;
  revision: number;
  [column: string]: unknown;
}

/** What is kept whatever happens to the server. */
export interface FakeDatabase {
  readonly calls: Map<string, CallRecord>;
  isAway: boolean;
  /** A connection of one server process: dead with it. */
  connect(): { db: Database; kill(): void };
}

/** Answers the two statements by which records are written, as PostgreSQL would; anything else is an error. */
export function createFakeDatabase(random: Random): FakeDatabase {
  const database: FakeDatabase = {
    calls: new Map(),
    isAway: false,
    connect() {
      let isDead = false;
      const never = new Promise<never>(() => {});
      const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 1 + random.below(20)));
      async function execute({ sql, parameters }: CompiledQuery): Promise<{ rows: never[] }> {
        await wait();
        // A process that dies may or may not have been heard.
        if (isDead && random.next() < 0.5) return never;
        if (database.isAway) throw Object.assign(new Error('simulated outage'), { code: '57P01' });
        apply(database.calls, sql, parameters);
        await wait();
        return isDead ? never : { rows: [] };
      }
      const connection = {
        executeQuery: execute,
        // biome-ignore lint/correctness/useYield: nothing here reads by a cursor
        async *streamQuery(): AsyncGenerator<never> {
          throw new Error('no cursor in the simulation');
        },
      };
      const nothing = async () => {};
      const db = new Kysely<Tables>({
        dialect: {
          createAdapter: () => new PostgresAdapter(),
          createIntrospector: (made) => new PostgresIntrospector(made),
          createQueryCompiler: () => new PostgresQueryCompiler(),
          createDriver: () => ({
            init: nothing,
            acquireConnection: async () => connection as never,
            beginTransaction: nothing,
            commitTransaction: nothing,
            rollbackTransaction: nothing,
            releaseConnection: nothing,
            destroy: nothing,
          }),
        },
      });
      return {
        db,
        kill() {
          isDead = true;
        },
      };
    },
  };
  return database;
}

/** When a record replaces another, as the statement has it. */
const rule =
  'where calls.revision <= excluded.revision and (excluded.last_seen_at is null or calls.last_seen_at is not null)';

function apply(calls: Map<string, CallRecord>, sql: string, parameters: readonly unknown[]): void {
  if (/^\s*insert into calls select \* from jsonb_populate_recordset/.test(sql)) {
    if (!sql.replaceAll(/\s+/g, ' ').includes(rule)) throw new Error(`unknown form: ${sql}`);
    for (const row of JSON.parse(String(parameters[0])) as CallRecord[]) {
      const before = calls.get(row.unique_id);
      const isSeen = row['last_seen_at'] === null || before?.['last_seen_at'] !== null;
      if (!before || (before.revision <= row.revision && isSeen)) calls.set(row.unique_id, row);
    }
    return;
  }
  if (/^delete from "calls" where "id" in/.test(sql)) {
    for (const [uniqueId, { id }] of calls) if (parameters.includes(id)) calls.delete(uniqueId);
    return;
  }
  throw new Error(`the simulated database does not know this statement: ${sql}`);
}
