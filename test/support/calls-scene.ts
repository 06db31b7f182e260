/** A real PBX with its phones, and the calls feature reading it into a real database. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { type Lab, type LabOptions, startLab } from '../../scripts/lab/index.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { createAriTelephony } from '../../src/adapters/ari/telephony.ts';
import { createCelJournal } from '../../src/adapters/cel/cel.ts';
import type { CelSource } from '../../src/adapters/cel/cel-source.ts';
import { createFileSource } from '../../src/adapters/cel/file-source.ts';
import { createKeptPosition } from '../../src/adapters/cel/kept-position.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { Database } from '../../src/database/database.ts';
import { type Calls, createCalls } from '../../src/features/calls/calls.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Person } from '../../src/ports/domain.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import { makeViewer, type Viewer } from '../../src/ports/viewer.ts';
import { peopleOf, quietLog } from './calls-people.ts';
import { openTestDatabase } from './database.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface CallsScene {
  lab: Lab;
  db: Database;
  calls: Calls;
  /** Every fact read so far. */
  facts: TelephonyFact[];
  manager: Viewer;
  person(number: string): Person;
  /** Records of calls whose caller has this number, once `count` of them are written and nothing of his is live. */
  records(callerNumber: string, count?: number, limitMs?: number): Promise<Call[]>;
  record(callerNumber: string): Promise<Call>;
  live(callerNumber: string): Call[];
  /** The way to the PBX, which a test can cut; null unless asked for. */
  proxy: TcpProxy | null;
  close(): Promise<void>;
}

export interface SceneOptions {
  /** ARI through a proxy that a test can cut. */
  proxied?: boolean;
  /** The PBX's own journal is read beside ARI. */
  journal?: boolean;
  /** Another journal than the file of the lab. */
  source?: (lab: Lab) => CelSource;
}

const channelVars = 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS';

/** `others`: people beside the lab's phones. */
export async function openCallsScene(
  options: LabOptions,
  others: readonly Partial<Person>[] = [],
  { proxied = false, journal = false, source }: SceneOptions = {},
): Promise<CallsScene> {
  const [lab, database] = await Promise.all([
    startLab({ ...options, pbx: { channelVars, ...options.pbx } }),
    openTestDatabase(),
  ]);
  const phones = lab.phones.roster.map(
    ({ number, name, role }): Partial<Person> => ({
      name,
      roles: [role],
      devices: [`PJSIP/${number}`],
      interfaces: [`Local/${number}@from-queue/n`],
    }),
  );
  const people = peopleOf([...phones, ...others]);
  const proxy = proxied ? await createTcpProxy(Number(new URL(lab.pbx.ariUrl).port)) : null;
  const url = proxy ? lab.pbx.ariUrl.replace(/:\d+\//, `:${proxy.port}/`) : lab.pbx.ariUrl;
  const cel = createCelJournal({
    name: 'main',
    source: source?.(lab) ?? createFileSource(lab.pbx.celFile),
    kept: createKeptPosition(await mkdtemp(join(tmpdir(), 'vigie-journal-')), 'main'),
    needs: { synced: async () => {}, hasRoom: () => calls.hasRoom() },
    clock: systemClock,
    log: quietLog,
  });
  const telephony = createAriTelephony({
    name: 'main',
    ari: { url, username: lab.pbx.ariUsername, password: lab.pbx.ariPassword, app: 'vigie' },
    log: quietLog,
    needsMembership: () => false,
  });
  const calls = createCalls({ db: database.db, people, clock: systemClock, log: quietLog });
  const facts: TelephonyFact[] = [];
  const ready = Promise.withResolvers<void>();
  const onFact = (fact: TelephonyFact): void => {
    facts.push(fact);
    calls.onFact(fact);
    if (fact.kind === 'resynced') ready.resolve();
  };
  if (journal) await cel.start(onFact);
  await telephony.start((fact) => {
    cel.notice(fact);
    onFact(fact);
  });
  await ready.promise;
  const manager = makeViewer({ id: v7(), name: 'Manager', roles: ['manager'], teamIds: [] });
  const live = (number: string) => calls.live.all().filter((call) => call.caller.number === number);
  const records = async (number: string, count = 1, limitMs = 10_000): Promise<Call[]> => {
    let found: Call[] = [];
    await waitFor(
      `${count} record(s) of ${number}`,
      async () => {
        if (live(number).length > 0) return false;
        const { items } = await calls.service.list(manager, { q: number, limit: 500 });
        found = items.filter((call) => call.caller.number === number && call.state !== 'in-progress');
        return found.length >= count && calls.counts().waiting === 0 && calls.unsettled() === 0;
      },
      limitMs,
    );
    return found;
  };
  return {
    lab,
    db: database.db,
    calls,
    facts,
    manager,
    person: (number) => people.byDevice('main', `PJSIP/${number}`)!,
    live,
    proxy,
    records,
    record: async (number) => (await records(number, 1))[0]!,
    async close() {
      await calls.stop();
      await Promise.all([telephony.stop(), cel.stop(), proxy?.close()]);
      await lab.stop();
      await database.close();
    },
  };
}
