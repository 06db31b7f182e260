import { v7 } from 'uuid';
import { AppError } from '../../contract/errors.ts';
import type { ScreenViewing, StartedViewing, WatchScreen } from '../../contract/screens.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, ListeningPolicy } from '../../ports/domain.ts';
import type { LiveSessions, LiveShift } from '../../ports/live.ts';
import type { IceServersFor } from '../../ports/phones.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import type { EndedWriter } from './ended-writer.ts';
import { endNow } from './floor-watch.ts';
import type { OpenViewings } from './open-viewings.ts';
import { assertReason, callOf, watchRefusal } from './screen-rules.ts';
import {
  deleteViewing,
  findViewing,
  insertViewing,
  listViewings,
  type ViewingFilters,
} from './screens.repository.ts';
import type { SharedScreens } from './shared-screens.ts';
import { newViewing, type Viewing, viewingView } from './viewing.ts';

export interface ScreensServiceDeps {
  db: Database;
  audit: AuditLog;
  policy: Pick<ListeningPolicy, 'current'>;
  shift: Pick<LiveShift, 'agent'>;
  sessions: Pick<LiveSessions, 'viewer'>;
  screens: SharedScreens;
  viewings: OpenViewings;
  ended: EndedWriter;
  iceServers: IceServersFor;
  clock: Clock;
  isStopping(): boolean;
  claimDeadlineMs?: number;
}

export interface ScreensService {
  /** Settles when the audit entry is written; a former viewing of the same person ends. */
  start(viewer: Viewer, wish: WatchScreen): Promise<StartedViewing>;
  /** Stopping twice is fine. */
  stop(viewer: Viewer, id: string): Promise<ScreenViewing>;
  list(
    viewer: Viewer,
    filters: ViewingFilters,
  ): Promise<{ items: ScreenViewing[]; nextCursor: string | null }>;
}

/** A viewing whose page has not made its offer by then ends: it is not there. */
const claimDefaultMs = 10_000;

/** What supervisors do with screens. */
export function createScreensService(deps: ScreensServiceDeps): ScreensService {
  const { db, viewings } = deps;
  return {
    async start(viewer, wish) {
      assertMay(viewer, 'screens.watch');
      const viewing = planned(deps, viewer, wish);
      for (const former of viewings.ofViewer(viewer.personId)) void viewings.end(former, 'replaced');
      if (viewings.isFull(wish.agentId)) throw new AppError('screen-watchers-full');
      viewings.add(viewing);
      await begin(deps, viewing);
      const { iceServers } = deps.iceServers(viewer.personId, deps.clock.now());
      const hidden = deps.screens.share(wish.agentId)?.hidden ?? true;
      return { viewing: viewingView(viewing), hidden, iceServers };
    },
    async stop(viewer, id) {
      assertMay(viewer, 'screens.watch');
      const viewing = viewings.byId(id);
      if (!viewing) {
        const ended = await findViewing(db, viewer, id);
        if (!ended) throw new AppError('viewing-not-found');
        return ended;
      }
      if (viewing.plan.viewer.id !== viewer.personId && !viewer.everyTeam)
        throw new AppError('not-allowed', 'Only the one who watches or a manager stops it');
      await viewings.end(viewing, 'stopped');
      return viewingView(viewing);
    },
    async list(viewer, filters) {
      assertMay(viewer, 'screens.watch');
      const rows = await listViewings(db, viewer, { ...filters, limit: filters.limit + 1 });
      const items = rows.slice(0, filters.limit);
      return { items, nextCursor: rows.length > items.length ? (items.at(-1)?.id ?? null) : null };
    },
  };
}

/** Throws what is known at the click. */
function planned(deps: ScreensServiceDeps, viewer: Viewer, { agentId, scope, reason }: WatchScreen): Viewing {
  const { clock, shift, screens } = deps;
  if (deps.isStopping()) throw new AppError('shutting-down');
  const view = shift.agent(agentId);
  if (!view) throw new AppError('agent-not-found');
  const refusal = watchRefusal(viewer, view);
  if (refusal) throw new AppError(refusal);
  const share = screens.share(agentId);
  if (!share) throw new AppError('screen-not-shared');
  const policy = deps.policy.current();
  assertReason(policy, reason);
  const startedAtMs = clock.now();
  const { persistentMinutesMax } = policy;
  const plan = {
    id: v7({ msecs: startedAtMs }),
    viewer: { id: viewer.personId, name: viewer.name },
    agent: { id: agentId, name: view.row.publicName ?? view.row.name },
    scope,
    callId: scope === 'call' ? callOf(view) : null,
    reason: reason.trim(),
    startedAtMs,
    // A call has an end of its own.
    endsAtMs:
      scope === 'agent' && persistentMinutesMax !== null ? startedAtMs + persistentMinutesMax * 60_000 : null,
  };
  return newViewing(plan, share.connectionId);
}

/** Nothing is relayed before row and audit entry are durable. */
async function begin(deps: ScreensServiceDeps, viewing: Viewing): Promise<void> {
  const { db, audit, viewings } = deps;
  const { id, viewer, agent, scope, callId } = viewing.plan;
  const saved = insertViewing(db, viewingView(viewing));
  const audited = audit.write({
    actorId: viewer.id,
    action: 'screen.watch-started',
    subjectId: agent.id,
    callId,
    details: { viewingId: id, scope },
  });
  try {
    await Promise.all([saved, audited]);
  } catch (error) {
    await Promise.allSettled([saved, audited]);
    void viewings.end(viewing, 'server-stopped');
    // One of the two may have been written. A row that stays is ended at the next start.
    await deleteViewing(db, id).catch(() => {});
    throw error;
  }
  await assertStillWanted(deps, viewing);
  viewings.open(viewing);
  viewing.endTimers = endTimers(deps, viewing);
}

/** Since the click the agent may have gone, a right been taken away, the viewer begun another viewing. */
async function assertStillWanted(deps: ScreensServiceDeps, viewing: Viewing): Promise<void> {
  const because = endNow(deps, viewing);
  if (because) void deps.viewings.end(viewing, because);
  if (viewing.state !== 'ended') return;
  await deps.ended.write(viewingView(viewing), false);
  throw new AppError('viewing-ended', undefined, { endedBecause: viewing.endedBecause });
}

function endTimers({ viewings, claimDeadlineMs }: ScreensServiceDeps, viewing: Viewing): NodeJS.Timeout[] {
  const { startedAtMs, endsAtMs } = viewing.plan;
  const claim = setTimeout(() => {
    if (viewing.viewerConnectionId === null) void viewings.end(viewing, 'viewer-left');
  }, claimDeadlineMs ?? claimDefaultMs);
  if (endsAtMs === null) return [claim.unref()];
  const limit = setTimeout(() => void viewings.end(viewing, 'limit'), endsAtMs - startedAtMs);
  return [claim.unref(), limit.unref()];
}
