import type { AddressInfo } from 'node:net';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Test } from 'tap';
import { createHttpServer } from '../../src/adapters/http/server.ts';
import { createMetrics } from '../../src/adapters/metrics/metrics.ts';
import type { NewPerson } from '../../src/contract/people.ts';
import { type Accounts, createAccounts } from '../../src/features/accounts/accounts.ts';
import { writePersonDetails } from '../../src/features/agents/people.repository.ts';
import { auditRoutes } from '../../src/features/audit/audit.routes.ts';
import type { Audit } from '../../src/features/audit/audit.service.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ListeningPolicy } from '../../src/ports/domain.ts';
import type { Log } from '../../src/ports/log.ts';
import { testAudit } from './audit-log.ts';
import { type TestDatabase, testDatabase } from './database.ts';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  body: any;
}
export interface AccountsServer {
  address: string;
  accounts: Accounts;
  database: TestDatabase;
  /** What the clock says; tests set it. */
  time: { now: number };
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Signs in and returns the cookie. */
  signIn(login: string, password?: string): Promise<string>;
}
export interface AskOptions {
  body?: unknown;
  cookie?: string;
  headers?: Record<string, string>;
  /** Client's address, as a proxy would say it. */
  from?: string;
}

export interface ServerParts {
  database: TestDatabase;
  clock: Clock;
  audit: Audit;
}

export const password = 'correct horse battery';

/** Accounts and audit over HTTP on a database of their own; addresses are taken from X-Forwarded-For. */
export async function accountsServer(
  t: Test,
  o: {
    publicUrl?: string;
    sessionHours?: number;
    databaseUrl?: TestDatabase;
    /** More features on the same server. */
    more?(parts: ServerParts): { routes: FastifyPluginAsyncTypebox[]; policy?: ListeningPolicy };
  } = {},
): Promise<AccountsServer> {
  const database = o.databaseUrl ?? (await testDatabase(t));
  const time = { now: Date.parse('2026-11-21T09:00:00Z') };
  const clock = { now: () => time.now };
  const { db } = database;
  const config = { publicUrl: o.publicUrl ?? null, sessionHours: o.sessionHours ?? 12, trustProxy: true };
  const audit = testAudit(t, { db, clock });
  const more = o.more?.({ database, clock, audit });
  const accounts = createAccounts({
    db,
    clock,
    log: quiet,
    audit,
    writeDetails: writePersonDetails,
    config,
    ...(more?.policy ? { policy: more.policy } : {}),
  });
  const app = await createHttpServer({
    config,
    version: '0',
    log: quiet,
    sessions: accounts,
    routes: [...accounts.routes, auditRoutes(audit), ...(more?.routes ?? [])],
    staticFolder: '/nowhere',
    metrics: createMetrics(),
    readiness: async () => ({ ready: true, checks: {} }),
  });
  t.teardown(async () => {
    accounts.close();
    await app.close();
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const ask = (method: string, path: string, options: AskOptions = {}) =>
    send(address + path, method, options);
  return {
    address,
    accounts,
    database,
    time,
    ask,
    async signIn(login, with_ = password) {
      const answer = await ask('POST', '/api/session', { body: { login, password: with_ } });
      if (answer.status !== 200) throw new Error(`${login}: ${JSON.stringify(answer.body)}`);
      return cookieOf(answer);
    },
  };
}

export const cookieOf = (answer: Answer): string => answer.headers.getSetCookie()[0]!.split(';')[0]!;

/** Somebody who may sign in with `password`. Returns his id. */
export async function makePerson(server: AccountsServer, person: Partial<NewPerson> & { login: string }) {
  const { id } = await server.accounts.people.create('command-line', {
    name: `Name of ${person.login}`,
    password,
    roles: ['supervisor'],
    ...person,
  });
  return id;
}

async function send(url: string, method: string, options: AskOptions): Promise<Answer> {
  const reply = await fetch(url, {
    method,
    signal: AbortSignal.timeout(20_000),
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.cookie ? { cookie: options.cookie } : {}),
      ...(options.from ? { 'x-forwarded-for': options.from } : {}),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await reply.text();
  const isJson = /json/.test(reply.headers.get('content-type') ?? '');
  return { status: reply.status, headers: reply.headers, body: isJson && text ? JSON.parse(text) : text };
}
