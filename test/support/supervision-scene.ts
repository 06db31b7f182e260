import { v7 } from 'uuid';
import { type Lab, type LabOptions, startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import type { Codec } from '../../scripts/lab/roster.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { createAmi } from '../../src/adapters/ami/ami.ts';
import { createAriTelephony } from '../../src/adapters/ari/telephony.ts';
import { AppError } from '../../src/contract/errors.ts';
import type { StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import type { Database } from '../../src/database/database.ts';
import { type Calls, createCalls } from '../../src/features/calls/calls.ts';
import {
  createSupervision,
  type SupervisionFeature,
} from '../../src/features/supervision/create-supervision.ts';
import type { AgentTies } from '../../src/ports/absent.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { PeopleDirectory, Person } from '../../src/ports/domain.ts';
import type { Log } from '../../src/ports/log.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import { makeViewer, type Viewer } from '../../src/ports/viewer.ts';
import { openTestDatabase } from './database.ts';

export type AuditEntry = {
  action: string;
  actorId: string | null;
  details?: Record<string, unknown>;
  atMs: number;
};

/** One run of the supervision feature against a lab's PBX. */
export interface Run {
  feature: SupervisionFeature;
  calls: Calls;
  audit: AuditEntry[];
  facts: TelephonyFact[];
  isOver: boolean;
  /** Ends it without a goodbye: nothing is undone on the PBX. */
  abandon(): Promise<void>;
}

export interface RunOptions {
  /** The way to ARI, when it is not the straight one. */
  ariUrl?: string;
  ringTimeoutMs?: number;
  sweepEveryMs?: number;
  /** The manager is connected as well. */
  ami?: boolean;
  isQueue?: () => boolean;
  auditFails?: () => boolean;
  ties?: Pick<AgentTies, 'policy' | 'browserPhones'>;
  isConnected?: (agentId: string) => boolean;
  watchConnections?: (listener: () => void) => () => void;
}

/** A real PBX, its phones, a database, and people for every phone of the lab. */
export interface Scene {
  lab: Lab;
  db: Database;
  people: TestPeople;
  person(number: string): Person;
  viewer(number: string): Viewer;
  start(options?: RunOptions): Promise<Run>;
  /** A customer calls the number and is talking to an agent. */
  talk(to: string, agentNumber: string, codec?: Codec): Promise<{ customer: PhoneCall; agent: PhoneCall }>;
  wish(agentNumber: string, change?: Partial<StartSupervision>): StartSupervision;
  /** Waits until the PBX has no channel and no bridge of ours. */
  nothingOfOurs(limitMs?: number): Promise<void>;
  close(): Promise<void>;
}

export interface TestPeople extends PeopleDirectory {
  replace(person: Person): void;
}

const team = { id: v7(), name: 'Team one' };
const pbx = 'main';
const quiet: Log = {
  debug() {},
  info() {},
  warn(fields, message) {
    if (process.env['VIGIE_TEST_LOG']) console.error(message, fields);
  },
  error(fields, message) {
    console.error(message, fields);
  },
  child: () => quiet,
};

export async function openScene(options: LabOptions): Promise<Scene> {
  const [lab, database] = await Promise.all([startLab(options), openTestDatabase()]);
  const people = peopleOf(lab);
  const { db } = database;
  const person = (number: string): Person => people.byDevice(pbx, `PJSIP/${number}`)!;
  const rows = people.all().map(({ id, name, roles, devices }) => ({
    id,
    name,
    roles: [...roles],
    devices: [...devices],
  }));
  await db.insertInto('people').values(rows).execute();
  await db.insertInto('teams').values(team).execute();
  await db
    .insertInto('team_members')
    .values(rows.map(({ id }) => ({ team_id: team.id, person_id: id })))
    .execute();
  const runs = new Set<Run>();
  return {
    lab,
    db,
    people,
    person,
    viewer: (number) => {
      const { id, name, roles, teams } = person(number);
      return makeViewer({ id, name, roles, teamIds: teams.map((one) => one.id) });
    },
    async start(runOptions = {}) {
      const run = await startRun(lab, db, people, runOptions);
      runs.add(run);
      return run;
    },
    async talk(to, agentNumber, codec = 'slin16') {
      const already = lab.phones.log.length;
      const customer = await lab.phones.call({ from: 'customer', to, codec });
      await customer.waitAnswered();
      // A number may ring on two phones: the one that answered.
      const answering = () =>
        lab.phones.log
          .slice(already)
          .find(
            ({ direction, phone, rtpPort, end }) =>
              direction === 'in' && phone === agentNumber && rtpPort && !end,
          );
      const agent = await waitFor(`${agentNumber} to answer`, answering);
      await agent.waitAnswered();
      const up = lab.phones.callsOf(agentNumber).filter(({ answeredAt, end }) => answeredAt && !end).length;
      for (const run of runs) {
        await waitFor('the server to know the call', () => run.isOver || upLegs(run, agentNumber) >= up);
      }
      return { customer, agent };
    },
    wish: (agentNumber, change = {}) => ({
      agentId: person(agentNumber).id,
      mode: 'listen',
      scope: 'call',
      reason: 'Quality',
      device: 'phone',
      ...change,
    }),
    async nothingOfOurs(limitMs = 5_000) {
      const empty = async () => (await ownOnPbx(lab)).length === 0;
      await waitFor('nothing of ours on the PBX', empty, limitMs).catch(async (error: Error) => {
        throw new Error(`${error.message}: ${(await ownOnPbx(lab)).join(' ')}`);
      });
    },
    async close() {
      for (const run of runs) await run.abandon();
      await lab.stop();
      await database.close();
    },
  };
}

/** Channels and bridges of ours, and the name by which each leg of a call is in our hands. */
export async function ownOnPbx(lab: Lab): Promise<string[]> {
  interface Channel {
    id: string;
    dialplan: { app_name: string; app_data: string };
  }
  const [channels, bridges] = await Promise.all([
    lab.pbx.ari.request<Channel[]>('GET', '/channels'),
    lab.pbx.ari.request<{ id: string }[]>('GET', '/bridges'),
  ]);
  const names = channels.map(({ id, dialplan: { app_name: app, app_data: data } }) =>
    !id.startsWith('vigie-') && app === 'Stasis' && data.startsWith('vigie,') ? data.slice(6) : id,
  );
  return [...names, ...bridges.map(({ id }) => id)].filter(
    (id) => id.startsWith('vigie-') && !id.startsWith('vigie-helper'),
  );
}

async function startRun(
  lab: Lab,
  db: Database,
  people: TestPeople,
  { auditFails, ami: withAmi, ariUrl = lab.pbx.ariUrl, ...options }: RunOptions,
): Promise<Run> {
  const ami = withAmi
    ? createAmi({
        name: pbx,
        ami: {
          host: '127.0.0.1',
          port: lab.pbx.amiPort,
          username: lab.pbx.amiUsername,
          password: lab.pbx.amiPassword,
        },
        clock: systemClock,
        log: quiet,
      })
    : undefined;
  ami?.start(() => {});
  if (ami) await waitFor('AMI', () => ami.isConnected);
  const telephony = createAriTelephony({
    redirect: ami?.redirect,
    name: pbx,
    ari: { url: ariUrl, username: lab.pbx.ariUsername, password: lab.pbx.ariPassword, app: 'vigie' },
    log: quiet,
    needsMembership: () => false,
  });
  const calls = createCalls({
    db,
    people: {
      ...people,
      byOwnLeg: (uniqueId) => people.byId(feature.supervisorOfLeg(uniqueId) ?? ''),
    },
    clock: systemClock,
    log: quiet,
  });
  const audit: AuditEntry[] = [];
  const facts: TelephonyFact[] = [];
  const feature = createSupervision({
    db,
    telephonyOf: (name) => (name === pbx ? telephony.commands : undefined),
    pbxNames: [pbx],
    people,
    calls: calls.live,
    audit: {
      write: async (entry) => {
        if (auditFails?.()) throw new AppError('audit-unavailable');
        audit.push({ ...entry, atMs: Date.now() });
      },
    },
    async probeAudit() {
      if (auditFails?.()) throw new AppError('audit-unavailable');
    },
    clock: systemClock,
    log: quiet,
    ...options,
  });
  const ready = Promise.withResolvers<void>();
  await telephony.start((fact) => {
    facts.push(fact);
    calls.onFact(fact);
    feature.onFact(fact);
    if (fact.kind === 'resynced') ready.resolve();
    if (fact.kind === 'pbx-lost') console.error('pbx-lost', fact.why, fact.detail);
  });
  await ready.promise;
  await feature.recover();
  let stopped: Promise<void> | undefined;
  return {
    get isOver() {
      return stopped !== undefined;
    },
    feature,
    calls,
    audit,
    facts,
    abandon() {
      stopped ??= Promise.all([telephony.stop(), calls.stop(), ami?.stop()]).then(() => {});
      return stopped;
    },
  };
}

function peopleOf(lab: Lab): TestPeople {
  const byId = new Map<string, Person>();
  const listeners = new Set<() => void>();
  for (const { number, name, role } of lab.phones.roster) {
    const id = v7();
    byId.set(id, {
      id,
      login: null,
      name,
      publicName: null,
      roles: [role],
      teams: [team],
      pbx,
      devices: [`PJSIP/${number}`],
      interfaces: [],
    });
  }
  const all = () => [...byId.values()];
  return {
    byId: (id) => byId.get(id),
    byDevice: (_pbx, device) => all().find((person) => person.devices.includes(device)),
    byInterface: () => undefined,
    all,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(person) {
      byId.set(person.id, person);
      for (const listener of listeners) listener();
    },
  };
}

function upLegs({ calls }: Run, number: string): number {
  return calls.live.legsOfDevice(pbx, `PJSIP/${number}`).filter(({ state }) => state !== 'ringing').length;
}

/** Waits until the supervision is in that state. */
export async function inState(
  { feature }: Run,
  viewer: Viewer,
  id: string,
  state: Supervision['state'],
  limitMs = 10_000,
): Promise<Supervision> {
  const reached = async () => {
    const supervision = await feature.get(viewer, id);
    return supervision.state === state && supervision;
  };
  return waitFor(`the supervision to be ${state}`, reached, limitMs, 5);
}
