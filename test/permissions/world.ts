/** People of every combination of roles, and an agent, a login, a call and a supervision of their team, of another, of none. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { type Role, roles } from '../../src/contract/permissions.ts';
import { hashPassword } from '../../src/features/accounts/password.ts';
import type { AccessRule } from '../../src/ports/http-viewer.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { freshDataDir } from '../support/vigie.ts';
import type { Targets } from './rules.ts';

const password = 'correct horse battery';
export const relations = ['own team', 'another team', 'no team'] as const;
export type Relation = (typeof relations)[number];

export interface Somebody {
  id: string;
  name: string;
  roles: Role[];
  cookie: string;
  /** Requests are limited by address: each has his own. */
  address: string;
}
export interface World extends TestDatabase {
  address: string;
  accessRules: readonly AccessRule[];
  people: Somebody[];
  targets: Record<Relation, Targets>;
  /** The agent of the targets, signed in. */
  agentOf(relation: Relation): Promise<Somebody>;
}

const loginOf = (name: string): string => name.toLowerCase().replaceAll(' ', '-');

/** Every combination of roles but none. */
const combinations: Role[][] = Array.from({ length: 2 ** roles.length - 1 }, (_, i) =>
  roles.filter((_role, bit) => ((i + 1) >> bit) & 1),
);

export async function buildWorld(t: Test): Promise<World> {
  const database = await testDatabase(t);
  const { db } = database;
  const hash = await hashPassword(password);
  const [own, other] = [randomUUID(), randomUUID()];
  await db
    .insertInto('teams')
    .values([
      { id: own, name: 'Own' },
      { id: other, name: 'Other' },
    ])
    .execute();
  const addPerson = async (name: string, held: Role[], teamId: string | null) => {
    const id = randomUUID();
    const login = loginOf(name);
    await db.insertInto('people').values({ id, name, login, roles: held, password_hash: hash }).execute();
    if (teamId) await db.insertInto('team_members').values({ team_id: teamId, person_id: id }).execute();
    return { id, login };
  };
  const targets = {} as World['targets'];
  for (const relation of relations) {
    const teamId = relation === 'own team' ? own : relation === 'another team' ? other : null;
    const agent = (await addPerson(`Agent ${relation}`, ['agent'], teamId)).id;
    const person = (await addPerson(`Person ${relation}`, ['supervisor'], teamId)).id;
    targets[relation] = { agent, person, call: randomUUID(), supervision: randomUUID() };
    await addCall(database, targets[relation]);
  }
  const config = {
    DATABASE_URL: database.url,
    DATA_DIR: await freshDataDir(t),
    PORT: '0',
    LOG_LEVEL: 'silent',
    TRUST_PROXY: 'true',
  };
  const app = await startApp(readConfig(config));
  t.teardown(() => app.stop());
  const people: Somebody[] = [];
  const signIn = async (login: string, address: string): Promise<string> => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const body = JSON.stringify({ login, password });
    const reply = await fetch(`${app.address}/api/session`, { method: 'POST', headers, body });
    return reply.headers.getSetCookie()[0]!.split(';')[0]!;
  };
  for (const [i, held] of combinations.entries()) {
    const { id, login } = await addPerson(held.join(' '), held, own);
    const address = `10.0.0.${i + 1}`;
    people.push({ id, name: held.join('+'), roles: held, cookie: await signIn(login, address), address });
  }
  const agentOf = async (relation: Relation): Promise<Somebody> => {
    const name = `Agent ${relation}`;
    const address = `10.0.1.${relations.indexOf(relation) + 1}`;
    const cookie = await signIn(loginOf(name), address);
    return { id: targets[relation].agent, name, roles: ['agent'], cookie, address };
  };
  return { ...database, address: app.address, accessRules: app.accessRules, people, targets, agentOf };
}

async function addCall({ db }: TestDatabase, { agent, call, supervision, person }: Targets): Promise<void> {
  await sql`insert into calls (id, pbx, unique_id, linked_id, direction, origin, state, phase, started_at, ended_at, menu_ms,
      wait_ms, ring_ms, talk_ms, hold_ms, has_customer, agent_id, agent_name, agent_ids)
    values (${call}, 'main', ${call}, ${call}, 'inbound', 'queue', 'answered', 'ended', now(), now(), 0, 0, 0, 0, 0, false,
      ${agent}, 'A', array[${agent}::uuid])`.execute(db);
  await sql`insert into supervisions (id, person_id, person_name, agent_id, agent_name, pbx, mode, scope, device,
      device_address, state, reason, started_at, ended_at, ended_because)
    values (${supervision}, ${person}, 'S', ${agent}, 'A', 'main', 'listen', 'call', 'phone', 'PJSIP/1', 'ended', 'r', now(),
      now(), 'stopped')`.execute(db);
}
