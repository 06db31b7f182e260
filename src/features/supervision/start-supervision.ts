import { setTimeout as delay } from 'node:timers/promises';
import { v7 } from 'uuid';
import { AppError } from '../../contract/errors.ts';
import type { Mode, StartSupervision, Supervision } from '../../contract/supervisions.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { Viewer } from '../../ports/viewer.ts';
import type { KeptReplies } from './kept-replies.ts';
import type { OpenSessions } from './open-sessions.ts';
import { isOpen, type Session, type SessionPlan } from './session.ts';
import { type IdempotentRequest, insertSupervision, rowOf } from './supervision.repository.ts';
import { planOf, type RuleDeps } from './supervision-rules.ts';
import { supervisionOf } from './supervision-view.ts';
import { isTakeover, type Takeovers } from './takeover.ts';

const rowWaitMs = 250;

export interface StartDeps extends RuleDeps {
  db: Database;
  audit: AuditLog;
  clock: Clock;
  log: Log;
  sessions: OpenSessions;
  replies: KeptReplies;
  takeovers: Takeovers;
  /** Throws `pbx-unreachable` when there is no such PBX. */
  newSession(plan: SessionPlan, mode: Mode): Session;
  isStopping(): boolean;
  /** The person supervises on a PBX that another server has. */
  isBusyElsewhere(personId: string): boolean;
}

/** Rings the supervisor's phone, or goes on from what he does already. */
export async function startSupervision(
  deps: StartDeps,
  viewer: Viewer,
  wish: StartSupervision,
  request: IdempotentRequest | null,
): Promise<Supervision> {
  // Here and not at the click only: since then a kept reply was looked for, or a former supervision came to its end.
  if (deps.isStopping()) throw new AppError('shutting-down');
  const { mode, agent, device, leg } = planOf(deps, viewer, wish);
  if (deps.isBusyElsewhere(viewer.personId)) throw new AppError('supervision-busy');
  const own = deps.sessions.all().filter(({ plan }) => plan.supervisor.id === viewer.personId);
  const former = own.find(({ state }) => isOpen(state));
  if (former) {
    const { plan: other } = former;
    const isSame = other.scope === wish.scope && other.agent.id === agent.id;
    if (!isSame || other.callId !== (leg?.callId ?? null)) throw new AppError('supervision-busy');
    // A second click on the same agent is a wish for another mode.
    if (isTakeover(mode)) await deps.takeovers.switchTo(viewer, former, mode);
    else await former.changeMode(mode);
    const now = deps.sessions.byId(other.id) ?? former;
    return supervisionOf(now.plan, now.state);
  }
  // The phone of a supervision that is just ending must be free before it can ring again.
  if (own.length > 0) {
    await Promise.all(own.map(({ finished }) => finished));
    return startSupervision(deps, viewer, wish, request);
  }
  if (isTakeover(mode) && leg) deps.takeovers.assertUnclaimed(viewer, leg.callId);
  const startedAtMs = deps.clock.now();
  const plan: SessionPlan = {
    id: v7({ msecs: startedAtMs }),
    scope: wish.scope,
    device: wish.device,
    supervisor: { id: viewer.personId, name: viewer.name },
    agent: {
      id: agent.id,
      name: agent.publicName ?? agent.name,
      number: numberOf(leg?.device ?? agent.devices[0] ?? ''),
    },
    pbx: agent.pbx,
    deviceAddress: device,
    targetUniqueId: leg?.uniqueId ?? null,
    callId: leg?.callId ?? null,
    reason: wish.reason,
    startedAtMs,
  };
  const session = deps.newSession(plan, mode);
  return writeAndEstablish(deps, session, request);
}

/** The phone rings while the audit entry is written; nobody hears anything before that entry is durable. */
async function writeAndEstablish(
  deps: StartDeps,
  session: Session,
  request: IdempotentRequest | null,
): Promise<Supervision> {
  const { db, audit, sessions } = deps;
  const { plan, state } = session;
  const { id, agent, supervisor, callId } = plan;
  const supervision = supervisionOf(plan, state);
  const gate = Promise.withResolvers<unknown>();
  sessions.add(session, { hasRow: false });
  session.establish(gate.promise).catch((error: unknown) => {
    deps.log.error({ err: error, supervisionId: id }, 'A supervision could not be established');
    void session.end('pbx-failed');
  });
  // What the PBX is asked leaves this process before the writes are put together.
  await new Promise((sent) => setImmediate(sent));
  // Without a kept reply the row follows the audit entry: who wants to listen does not wait for the database.
  const saved = request
    ? deps.replies.keep(request, supervision, () =>
        insertSupervision(db, supervision, rowOf(session), request),
      )
    : null;
  const audited = audit.write({
    actorId: supervisor.id,
    action: 'supervision.started',
    subjectId: agent.id,
    callId,
    // The log keeps only a hash of its words.
    details: {
      supervisionId: id,
      mode: state.mode,
      scope: plan.scope,
      device: plan.device,
      reason: plan.reason,
    },
  });
  const written = Promise.all([saved, audited]);
  gate.resolve(written);
  try {
    await written;
  } catch (error) {
    await Promise.allSettled([saved, audited, session.end('server-stopped')]);
    // One of the two may have been written: neither its row nor its kept reply may speak of what never was.
    const takenBack = request ? deps.replies.takeBack(request, id) : Promise.resolve();
    const isTakenBack = await takenBack.then(
      () => true,
      () => false,
    );
    if (isTakenBack) sessions.forget(id);
    else sessions.written(id);
    throw error;
  }
  sessions.written(id);
  // Who lists them finds it, when the database is there.
  await Promise.race([sessions.saved(id), delay(rowWaitMs, undefined, { ref: false })]);
  return supervision;
}

/** What the supervisor's phone shows beside the agent's name: `1001` of `PJSIP/1001`. */
const numberOf = (device: string): string => /^[^/]+\/([^/@]*)/.exec(device)?.[1] ?? '';
