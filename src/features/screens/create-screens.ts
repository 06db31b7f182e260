import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import { type SharedEntries, unshared } from '../../ports/cluster.ts';
import type { AuditLog, ListeningPolicy } from '../../ports/domain.ts';
import type { Connections, LiveSessions, LiveShift } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import type { IceServersFor } from '../../ports/phones.ts';
import { createEndedWriter } from './ended-writer.ts';
import { watchFloor } from './floor-watch.ts';
import { createOpenViewings } from './open-viewings.ts';
import { relayPages } from './relay.ts';
import { unendedViewings } from './screens.repository.ts';
import { createScreensService, type ScreensService } from './screens.service.ts';
import type { SharedScreens } from './shared-screens.ts';

export interface ScreensDeps {
  db: Database;
  /** Made before the rows of agents, which tell of it. */
  screens: SharedScreens;
  audit: AuditLog;
  policy: Pick<ListeningPolicy, 'current' | 'onChange'>;
  shift: Pick<LiveShift, 'agent' | 'onDirty'>;
  sessions: Pick<LiveSessions, 'viewer' | 'onViewersChanged'>;
  connections: Connections;
  iceServers: IceServersFor;
  clock: Clock;
  log: Log;
  claimDeadlineMs?: number;
  /** Viewings by the server that holds them, with their agents. Default: this one holds all. */
  viewingsAt?: SharedEntries<string>;
}

export interface ScreensFeature extends ScreensService {
  /** Writes the end of what an earlier run left open. */
  recover(): Promise<void>;
  /** Ends every viewing, written, and accepts no new one. */
  stopAll(): Promise<void>;
}

const stopDeadlineMs = 5_000;

/** Seeing agents' screens: the whole feature, ready to be wired. */
export function createScreens(deps: ScreensDeps): ScreensFeature {
  const { db, clock } = deps;
  let isStopping = false;
  const ended = createEndedWriter(deps);
  const { viewingsAt = unshared<string>() } = deps;
  const viewings = createOpenViewings({ ...deps, ended, viewingsAt });
  const service = createScreensService({ ...deps, viewings, ended, isStopping: () => isStopping });
  const stops = [relayPages({ ...deps, viewings }), watchFloor({ ...deps, viewings })];
  return {
    ...service,
    async recover() {
      const endedAt = new Date(clock.now()).toISOString();
      for (const viewing of await unendedViewings(db)) {
        // Another server has it.
        if (viewingsAt.serverOf(viewing.id) !== undefined) continue;
        await ended.write({ ...viewing, endedAt, endedBecause: 'lost' }, false);
      }
    },
    async stopAll() {
      isStopping = true;
      for (const stop of stops) stop();
      const all = Promise.all(viewings.all().map((viewing) => viewings.end(viewing, 'server-stopped')));
      const done = all.then(() => ended.stop());
      await Promise.race([done, new Promise((late) => setTimeout(late, stopDeadlineMs).unref())]);
    },
  };
}
