import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type {
  ChangeSupervision,
  HandOver,
  Mode,
  StartSupervision,
  Supervision,
} from '../../contract/supervisions.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { FollowingSession } from './following-session.ts';
import { type TargetDeps, targetOf } from './hand-over.ts';
import { createIdempotency } from './idempotency.ts';
import { isOpen, type Session } from './session.ts';
import { type StartDeps, startSupervision } from './start-supervision.ts';
import { findSupervision, listSupervisions, type SupervisionFilters } from './supervision.repository.ts';
import { assertMayHear } from './supervision-rules.ts';
import { supervisionOf, supervisionOfRow } from './supervision-view.ts';
import { isTakeover } from './takeover.ts';
import { TakeoverSession } from './takeover-session.ts';

const savedWaitMs = 500;
/** Mode changes of one supervision that may wait at once. */
const changesWaitingMax = 8;

export interface ServiceDeps extends StartDeps {
  targets: TargetDeps;
}

export interface SupervisionService {
  /** Rings the viewer's phone; replies at once with `starting`. What fails later ends it with `endedBecause`. */
  start(viewer: Viewer, wish: StartSupervision, idempotencyKey?: string): Promise<Supervision>;
  /** Settles when the mode holds, or was overtaken by a later wish. */
  change(viewer: Viewer, id: string, wish: ChangeSupervision): Promise<Supervision>;
  /** Settles when nothing of it is left on the PBX; stopping twice is fine. */
  stop(viewer: Viewer, id: string): Promise<Supervision>;
  /**
   * The customer of a call that was taken over goes back to the agent, on to another, or into a queue. He hears it ring
   * meanwhile, and comes back to the supervisor if nobody answers. Settles when he is on his way.
   */
  handOver(viewer: Viewer, id: string, to: HandOver): Promise<Supervision>;
  get(viewer: Viewer, id: string): Promise<Supervision>;
  list(
    viewer: Viewer,
    filters: SupervisionFilters,
  ): Promise<{ items: Supervision[]; nextCursor: string | null }>;
}

export function createSupervisionService(deps: ServiceDeps): SupervisionService {
  const idempotency = createIdempotency(deps);
  const waiting = new Map<string, number>();
  return {
    async start(viewer, wish, idempotencyKey) {
      assertMay(viewer, permissionOf(wish.mode));
      if (wish.scope === 'agent') assertMay(viewer, 'supervision.persistent');
      return idempotency.once(viewer.personId, idempotencyKey, wish, async (request) => {
        if (isTakeover(wish.mode)) await deps.takeovers.assertPossible(viewer, wish);
        return startSupervision(deps, viewer, wish, request);
      });
    },
    async change(viewer, id, { mode, paused, goOn }) {
      assertMay(viewer, permissionOf(mode ?? 'listen'));
      const session = await openSession(deps, viewer, id);
      if (session.plan.supervisor.id !== viewer.personId) {
        throw new AppError('not-allowed', 'Only the one who supervises changes it');
      }
      await bounded(waiting, id, async () => {
        if (mode !== undefined) await changeMode(deps, viewer, session, mode);
        if (paused !== undefined) await following(session).setPaused(paused);
        if (goOn) await following(session).goOn();
      });
      // A takeover goes on as another session, under the same id.
      const now = deps.sessions.byId(id) ?? session;
      if (!isOpen(now.state)) throw new AppError('supervision-ended');
      return supervisionOf(now.plan, now.state);
    },
    async handOver(viewer, id, to) {
      assertMay(viewer, 'supervision.intercept');
      const session = await openSession(deps, viewer, id);
      const { plan } = session;
      if (plan.supervisor.id !== viewer.personId)
        throw new AppError('not-allowed', 'Only the one who took it over');
      if (!(session instanceof TakeoverSession)) throw new AppError('not-intercepted');
      const target = targetOf(deps.targets, viewer, plan.pbx, to);
      await deps.audit.write({
        actorId: viewer.personId,
        action: 'supervision.handed-over',
        subjectId: to.agentId ?? plan.agent.id,
        callId: session.callId,
        details: { supervisionId: id, ...(to.queue === undefined ? {} : { queue: to.queue }) },
      });
      await session.handOver({ to: target });
      return supervisionOf(plan, session.state);
    },
    async stop(viewer, id) {
      assertMay(viewer, 'supervision.listen');
      const found = await visible(deps, viewer, id);
      const session = deps.sessions.byId(id);
      if (!session) return found;
      if (session.plan.supervisor.id !== viewer.personId && !viewer.everyTeam) {
        throw new AppError('not-allowed', 'Only the one who supervises or a manager stops it');
      }
      await session.end('stopped');
      // Who was told that it has stopped finds it so after a kill, too; a slow disk is waited for a moment.
      await Promise.race([deps.sessions.saved(id), delay(savedWaitMs, undefined, { ref: false })]);
      return supervisionOf(session.plan, session.state);
    },
    async get(viewer, id) {
      assertMay(viewer, 'live.view');
      return visible(deps, viewer, id);
    },
    async list(viewer, filters) {
      assertMay(viewer, 'live.view');
      const rows = await listSupervisions(deps.db, viewer, { ...filters, limit: filters.limit + 1 });
      const items = rows.slice(0, filters.limit).map((row) => {
        const session = deps.sessions.byId(row.id);
        return session ? supervisionOf(session.plan, session.state) : supervisionOfRow(row);
      });
      return { items, nextCursor: rows.length > filters.limit ? (items.at(-1)?.id ?? null) : null };
    },
  };
}

const permissionOf = (mode: Mode): Permission =>
  isTakeover(mode) ? 'supervision.intercept' : `supervision.${mode}`;

async function changeMode(deps: ServiceDeps, viewer: Viewer, session: Session, mode: Mode): Promise<void> {
  if (isTakeover(mode)) return deps.takeovers.switchTo(viewer, session, mode);
  if (session instanceof TakeoverSession) return session.changeMode(mode);
  assertMayHear(deps, viewer, session.plan, mode);
  await session.changeMode(mode);
}

/** Only listening that follows an agent is paused and goes on. */
function following(session: Session): FollowingSession {
  if (session instanceof FollowingSession) return session;
  throw new AppError('mode-not-available', 'Only persistent listening can be paused or go on');
}

async function openSession(deps: ServiceDeps, viewer: Viewer, id: string): Promise<Session> {
  await visible(deps, viewer, id);
  const session = deps.sessions.byId(id);
  if (!session || !isOpen(session.state)) throw new AppError('supervision-ended');
  return session;
}

/** Those of the viewer's agents, and his own. */
async function visible(
  { db, sessions, people }: ServiceDeps,
  viewer: Viewer,
  id: string,
): Promise<Supervision> {
  const session = sessions.byId(id);
  if (session) {
    const teams = people.byId(session.plan.agent.id)?.teams ?? [];
    const isOwn = session.plan.supervisor.id === viewer.personId;
    if (isOwn || viewer.everyTeam || teams.some((team) => viewer.teamIds.includes(team.id))) {
      return supervisionOf(session.plan, session.state);
    }
    throw new AppError('supervision-not-found');
  }
  const row = await findSupervision(db, viewer, id);
  if (!row) throw new AppError('supervision-not-found');
  return supervisionOfRow(row);
}

async function bounded(waiting: Map<string, number>, id: string, work: () => Promise<void>): Promise<void> {
  const count = waiting.get(id) ?? 0;
  if (count >= changesWaitingMax) throw new AppError('overloaded');
  waiting.set(id, count + 1);
  try {
    await work();
  } finally {
    const left = (waiting.get(id) ?? 1) - 1;
    if (left > 0) waiting.set(id, left);
    else waiting.delete(id);
  }
}
