import type { Database } from '../../database/database.ts';
import type { AgentTies } from '../../ports/absent.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LiveCalls, LiveSupervisions, PanelPresence } from '../../ports/domain.ts';
import type { LiveShift, ShiftMembers } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { createDevicePresence, type DevicePresence } from './device-presence.ts';
import { createLiveAgents } from './live-agents.ts';
import { createLiveQueues, type QueueRef } from './live-queues.ts';
import { createMemberships, type Memberships } from './memberships.ts';
import type { RefreshedDirectory } from './people-directory.ts';
import { dayStart, nextDayStart } from './queue-day.ts';
import { insertSeenQueues, readDayFigures, readQueues } from './queues.repository.ts';

export interface ShiftDeps {
  db: Database;
  pbxNames: readonly string[];
  directory: RefreshedDirectory;
  calls: LiveCalls;
  supervisions: LiveSupervisions;
  presence: PanelPresence;
  ties: AgentTies;
  clock: Clock;
  log: Log;
  /** The queues whose members that PBX is to be asked for, whenever there is a new one. */
  watchQueues(pbx: string, names: readonly string[]): void;
}
export interface Shift extends LiveShift, ShiftMembers {
  readonly devices: DevicePresence;
  readonly memberships: Memberships;
  onFact(fact: TelephonyFact): void;
  /** Reads queues and today's figures again: at the start, after a queue was set up, at midnight. */
  reload(): Promise<void>;
  stop(): void;
}

/** Folds facts into the rows of agents and queues. Nothing is recomputed that no fact was about. */
export function createShift(deps: ShiftDeps): Shift {
  const { db, pbxNames, directory, calls, clock, log } = deps;
  const listeners = new Set<() => void>();
  const devices = createDevicePresence();
  const memberships = createMemberships();
  const seen: QueueRef[] = [];
  let midnight: NodeJS.Timeout | undefined;

  const onDirty = (): void => {
    for (const listener of listeners) listener();
  };
  const queues = createLiveQueues({
    directory,
    calls,
    devices,
    memberships,
    agent: (id) => agents.get(id),
    onDirty,
    onSeen(pbx, queue) {
      if (seen.length === 0) setImmediate(noteSeen);
      seen.push({ pbx, queue });
    },
  });
  const agents = createLiveAgents({
    ...deps,
    devices,
    memberships,
    onDirty,
    onQueuesTouched: queues.touch,
  });

  function noteSeen(): void {
    const fresh = seen.splice(0);
    insertSeenQueues(db, fresh).catch((error: unknown) =>
      log.warn({ err: error, queues: fresh.length }, 'queues seen on the PBX could not be noted'),
    );
    for (const pbx of new Set(fresh.map((one) => one.pbx))) deps.watchQueues(pbx, queues.namesOf(pbx));
  }

  function settle(): void {
    agents.settle();
    queues.settle();
  }

  async function reload(): Promise<void> {
    queues.configure(await readQueues(db, pbxNames));
    for (const pbx of pbxNames) deps.watchQueues(pbx, queues.namesOf(pbx));
    const startMs = dayStart(clock.now());
    const known = [...new Set([...queues.day.remembered(), ...calls.all().map((call) => call.id)])];
    queues.day.restart(startMs, await readDayFigures(db, pbxNames, startMs, known));
    queues.touchAll();
    clearTimeout(midnight);
    midnight = setTimeout(atMidnight, nextDayStart(clock.now()) - clock.now() + 1).unref();
  }
  function atMidnight(): void {
    reload().catch((error: unknown) => {
      log.error({ err: error }, 'the figures of the day could not be read');
      midnight = setTimeout(atMidnight, retryMs).unref();
    });
  }

  return {
    devices,
    memberships,
    onFact: agents.onFact,
    reload,
    membershipsOf: agents.membershipsOf,
    agentLoginsOf: agents.agentLoginsOf,
    agents: () => settled(settle, agents.all),
    agent: (id) => settled(settle, () => agents.get(id)),
    queues: () => settled(settle, queues.all),
    queue: (key) => settled(settle, () => queues.get(key)),
    onDirty(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    takeChanges() {
      settle();
      return { agents: agents.takeChanged(), queues: queues.takeChanged() };
    },
    stop() {
      clearTimeout(midnight);
      agents.stop();
      queues.stop();
    },
  };
}

const retryMs = 10_000;

function settled<T>(settle: () => void, read: () => T): T {
  settle();
  return read();
}
