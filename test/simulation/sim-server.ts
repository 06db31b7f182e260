import { createPbxReader } from '../../src/adapters/ari/pbx-reader.ts';
import { createCelJournal } from '../../src/adapters/cel/cel.ts';
import type { Call } from '../../src/contract/calls.ts';
import { createCalls } from '../../src/features/calls/calls.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import { quietLog } from '../support/calls-people.ts';
import { labPeople } from '../support/transcripts.ts';
import { createFakeClient, type FakeClient, type Network } from './fake-client.ts';
import type { FakeDatabase } from './fake-database.ts';
import { type FakePlace, fakeJournalSource } from './fake-journal.ts';
import type { FakePbx } from './fake-pbx.ts';
import type { SimLog } from './sim-log.ts';

/** One process of the server, from its start to its end. */
export interface SimServer {
  cutLink(): void;
  /** As by `kill -9`; `isTorn`: or by the power, while the log was written. */
  kill(isTorn: boolean): void;
  /** Whether it has recorded everything it knows of. */
  isQuiet(): boolean;
  /** What a board would show. */
  shown(): readonly Call[];
  /** As by SIGTERM. */
  stop(): Promise<void>;
}

const clock = { now: () => Date.now() };

/** The real reader, fold and writer, between a simulated PBX and a simulated database. */
export function startSimServer(world: {
  pbx: FakePbx;
  database: FakeDatabase;
  network: Network;
  /** What survives a kill on its disk. */
  log: SimLog;
  /** Where in the PBX's journal it was; null for a server without `CEL_FILE`. */
  place: FakePlace | null;
  onFact?(fact: TelephonyFact): void;
}): SimServer {
  const clients: FakeClient[] = [];
  const connection = world.database.connect();
  const calls = createCalls({
    db: connection.db,
    people: { ...labPeople, byOwnLeg: () => undefined },
    clock,
    log: quietLog,
    eventLog: world.log,
  });
  let isDead = false;
  const place = world.place?.connect();
  const journal =
    place &&
    createCelJournal({
      name: 'main',
      source: fakeJournalSource(world.pbx.journal),
      kept: place.kept,
      needs: { synced: () => world.log.synced(), hasRoom: () => true },
      clock,
      log: quietLog,
    });
  function take(fact: TelephonyFact): void {
    if (isDead) return;
    world.log.add(fact);
    world.onFact?.(fact);
    calls.onFact(fact);
  }
  const reader = createPbxReader({
    name: 'main',
    ari: { url: 'http://simulated/ari', username: 'vigie', password: 'simulated', app: 'vigie' },
    clock,
    log: quietLog,
    emit(fact) {
      journal?.notice(fact);
      take(fact);
    },
    createLink() {
      const made = createFakeClient(world.pbx, world.network);
      clients.push(made);
      return made.client;
    },
  });
  reader.need({ membership: false, deviceStates: false });
  // Before anything new is heard, as the server does.
  void calls.replay(world.log).then(async () => {
    await journal?.start(take);
    if (!isDead) reader.start();
  });
  return {
    cutLink: () => clients.at(-1)?.cut(),
    kill(isTorn) {
      isDead = true;
      for (const one of clients) one.kill();
      connection.kill();
      world.log.kill(isTorn);
      place?.kill();
      void reader.stop();
      void journal?.stop();
      // Its timers end; what it might still write goes nowhere.
      void calls.stop(0);
    },
    isQuiet: () => calls.unsettled() === 0 && calls.counts().waiting === 0 && calls.live.all().length === 0,
    shown: () => calls.live.all(),
    async stop() {
      await reader.stop();
      await journal?.stop();
      await calls.stop();
      world.log.close();
    },
  };
}
