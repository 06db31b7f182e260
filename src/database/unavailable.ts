import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { AppError } from '../contract/errors.ts';
import type { DatabasePresence } from './presence.ts';

/**
 * The pool as Kysely uses it, whose failures are `database-unavailable` when it is the database that fails and not the
 * query: it is down, starting, stopping, full, or silent. Errors of the query itself pass unchanged.
 */
export function translatingPool(pool: pg.Pool, presence: Pick<DatabasePresence, 'guard'>): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const connecting = presence.guard(() => pool.connect());
      const client = await connecting.catch((error: Error) => {
        throw error instanceof AppError ? error : unavailable(error);
      });
      const wrapped = clients.get(client) ?? translatingClient(client, presence);
      clients.set(client, wrapped);
      return wrapped;
    },
  };
}

function translatingClient(
  client: pg.PoolClient,
  presence: Pick<DatabasePresence, 'guard'>,
): PostgresPoolClient {
  const query = client.query.bind(client) as PostgresPoolClient['query'];
  // Such a connection is not given to the next query: it may be dead without knowing it yet.
  let broken = false;
  return {
    query: ((first: string, parameters: readonly unknown[]) => {
      if (typeof first !== 'string') return query(first);
      return presence
        .guard(() => query(first, parameters))
        .catch((error: Error) => {
          if (!failedItself(error)) throw error;
          broken = true;
          throw error instanceof AppError ? error : unavailable(error);
        });
    }) as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || broken),
    get processID() {
      return (client as unknown as { processID?: number }).processID;
    },
  } as PostgresPoolClient;
}

/**
 * Class 08: connection; 53: full disk, no memory, too many connections; 57: stopping, starting, over its time; 58: its
 * files; 25006: it became read only. What PostgreSQL did not say itself is a lost connection or a deadline, or our bug.
 */
function failedItself(error: Error): boolean {
  if (error instanceof pg.DatabaseError) return /^(08|53|57|58|25006)/.test(error.code ?? '');
  return !(error instanceof TypeError || error instanceof RangeError);
}

function unavailable(error: Error): AppError {
  const { code } = error as { code?: string };
  const failure = new AppError(
    'database-unavailable',
    code === '53100' ? 'The database’s disk is full' : undefined,
  );
  failure.cause = error;
  return failure;
}
