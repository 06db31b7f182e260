import type { Call } from '../../contract/calls.ts';
import { AppError } from '../../contract/errors.ts';
import type { Supervision, SupervisionEnd } from '../../contract/supervisions.ts';
import type { Database } from '../../database/database.ts';
import { type AgentTies, noTies } from '../../ports/absent.ts';
import type { Clock } from '../../ports/clock.ts';
import { everyPbxHere, type PbxHomes, type SharedEntries, unshared } from '../../ports/cluster.ts';
import type { AuditLog, LiveCalls, LiveSupervisions, PeopleDirectory } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import type { WriteBehind } from '../../ports/write-behind.ts';
import { createAuditGuard } from './audit-guard.ts';
import { createFactRouter } from './fact-router.ts';
import { FollowingSession } from './following-session.ts';
import type { TargetDeps } from './hand-over.ts';
import { createKeptReplies } from './kept-replies.ts';
import { writeKeptRows } from './kept-rows.ts';
import { OpenSessions } from './open-sessions.ts';
import { parseOwnId } from './own-ids.ts';
import { ringTimeoutMs } from './phone-leg.ts';
import { openSession, restoredSession } from './session-kinds.ts';
import { shareSupervisions } from './shared-supervisions.ts';
import { createSupervisionService, type SupervisionService } from './supervision.service.ts';
import { hasLostRights, type RuleDeps } from './supervision-rules.ts';
import { createSweeper } from './sweeper.ts';
import { createTakeovers } from './takeover.ts';
import { createMoves, type Moves, type MovesDeps } from './takeover-moves.ts';
import { createStrays } from './takeover-strays.ts';

export interface SupervisionDeps {
  db: Database;
  /** Undefined for a PBX that is not configured. */
  telephonyOf(pbx: string): TelephonyCommands | undefined;
  pbxNames: readonly string[];
  people: PeopleDirectory;
  calls: LiveCalls;
  audit: AuditLog;
  /** Settles when an entry could be written now; throws `audit-unavailable`. Default: that is known by writing only. */
  probeAudit?(): Promise<void>;
  /** Default: no policy but the default one, no browser phones, no trunks. */
  ties?: Pick<AgentTies, 'policy' | 'browserPhones'> & Partial<Pick<AgentTies, 'trunks'>>;
  clock: Clock;
  log: Log;
  /** Whether the agent counts as connected; only chooses the words of a refusal. Default: yes. */
  isConnected?(agentId: string): boolean;
  /** Called whenever agents may have come or gone. Returns the way to stop. */
  watchConnections?(listener: () => void): () => void;
  /** Whether the PBX has this queue, as far as the viewer may see. Default: it has none. */
  isQueue?: TargetDeps['isQueue'];
  /** Default: any call that is going on. */
  callOf?: MovesDeps['callOf'];
  ringTimeoutMs?: number;
  sweepEveryMs?: number;
  /** Keeps rows while the database is away. Default: memory does. */
  behind?: WriteBehind;
  /** Where servers share PBXs: which are this one's, and the supervisions of all. Default: all are. */
  shared?: { homes: PbxHomes; entries: SharedEntries<Supervision> };
  /** Called when the database is back. */
  onDatabaseBack?(listener: () => void): () => void;
}

export interface SupervisionFeature extends SupervisionService, Pick<Moves, 'move'> {
  live: LiveSupervisions;
  /** The person whose phone a supervision rang, by that leg's unique id. */
  supervisorOfLeg(uniqueId: string): string | undefined;
  /** Ends what this person runs: he was signed out everywhere by another. */
  shutOut(personId: string): void;
  /** Own-leg facts, `pbx-connected`, `pbx-lost` and `resynced`; all others are ignored. */
  onFact(fact: TelephonyFact): void;
  /** Adopts or ends what an earlier run left, and begins to sweep. A PBX that is not there yet is tried again. */
  recover(): Promise<void>;
  /** False while supervisions that an earlier server began there are not known here yet. */
  hasAdopted(pbx: string): boolean;
  /** Settles when the database, or this disk, has what is known of each: another server may go on with them. */
  saveAll(): Promise<void>;
  /** Ends every supervision, audited, and accepts no new one. Settles when nothing is left, or at its deadline. */
  stopAll(because: SupervisionEnd): Promise<void>;
}

const stopDeadlineMs = 8_000;

/** Listening, whispering and barging in: the whole feature, ready to be wired. */
export function createSupervision(deps: SupervisionDeps): SupervisionFeature {
  const { db, clock, log, calls, people, probeAudit = async () => {} } = deps;
  const { homes = everyPbxHere, entries = unshared<Supervision>() } = deps.shared ?? {};
  const sessions = new OpenSessions({ db, audit: deps.audit, log, behind: deps.behind });
  const live = shareSupervisions(sessions.live, entries, (listener) => sessions.onLeave(listener));
  const guard = createAuditGuard({ audit: deps.audit, probe: probeAudit, sessions, log });
  const { audit } = guard;
  const { policy, browserPhones, trunks = noTies.trunks } = deps.ties ?? noTies;
  const rules = {
    people,
    calls,
    policy,
    browserPhones,
    trunks,
    isConnected: deps.isConnected ?? (() => true),
  };
  let isStopping = false;

  const kinds = { rules, sessions, audit, clock, log, ringTimeoutMs: deps.ringTimeoutMs ?? ringTimeoutMs };
  const sweeper = createSweeper({
    db,
    log,
    sessions,
    clock,
    pbxNames: deps.pbxNames,
    isHere: homes.isHere,
    commandsOf: deps.telephonyOf,
    restore(saved) {
      const commands = deps.telephonyOf(saved.plan.pbx);
      return commands && restoredSession(kinds, commands, saved);
    },
    sweepEveryMs: deps.sweepEveryMs ?? 30_000,
  });
  const replies = createKeptReplies(db, deps.behind);
  const bringReplies = () =>
    replies.bringToDatabase().catch((error: unknown) => log.warn({ err: error }, 'Kept replies wait still'));
  const takeovers = createTakeovers({ rules, sessions, kinds, audit, commandsOf: deps.telephonyOf });
  const targets = { people, isQueue: deps.isQueue ?? (() => false) };
  const moves = createMoves({
    ...targets,
    calls,
    audit,
    commandsOf: deps.telephonyOf,
    callOf: deps.callOf ?? (async (_viewer, callId) => livingCall(calls, callId)),
  });
  const onStray = createStrays({ db, log, commandsOf: deps.telephonyOf });
  const service = createSupervisionService({
    takeovers,
    targets,
    ...rules,
    db,
    audit,
    clock,
    log,
    sessions,
    replies,
    isStopping: () => isStopping,
    isBusyElsewhere: live.isBusyElsewhere,
    newSession(plan, mode) {
      const commands = deps.telephonyOf(plan.pbx);
      if (!commands) throw new AppError('pbx-unreachable', 'The agent’s PBX is not configured');
      if (commands.areAnswered?.() === false) throw new AppError('pbx-unreachable');
      const session = openSession(kinds, commands, plan, mode);
      if (!session) throw new AppError('mode-not-available');
      return session;
    },
  });
  const stopWatching = [
    watchCalls(calls, sessions),
    people.onChange(() => endWithoutRights(rules, sessions)),
    watchPolicy(rules, sessions),
    homes.onChange((pbx, isHere) => {
      if (!isHere) letGo(pbx);
    }),
    deps.onDatabaseBack?.(() => {
      void sessions.saveAgain();
      void bringReplies();
    }) ?? (() => {}),
  ];

  /** Its server is another one now, which finds them on the PBX and goes on with them. */
  function letGo(pbx: string): void {
    sweeper.left(pbx);
    for (const session of sessions.all()) if (session.plan.pbx === pbx) sessions.letGo(session);
  }

  return {
    ...service,
    hasAdopted: sweeper.hasAdopted,
    async saveAll() {
      await Promise.all(sessions.all().map(({ plan }) => sessions.saved(plan.id)));
    },
    move: moves.move,
    shutOut(personId) {
      for (const session of sessions.all())
        if (session.plan.supervisor.id === personId) void session.end('rights-removed');
    },
    live,
    supervisorOfLeg(uniqueId) {
      const own = parseOwnId(uniqueId);
      if (own?.kind !== 'phone') return undefined;
      return sessions.supervisorOf(own.supervisionId) ?? live.supervisorOf(own.supervisionId);
    },
    onFact: createFactRouter({
      sessions,
      sweeper,
      isHere: homes.isHere,
      commandsOf: deps.telephonyOf,
      onCustomer(pbx, id, uniqueId) {
        if (!moves.onCustomer(id, uniqueId)) void onStray(pbx, id, uniqueId);
      },
    }),
    async recover() {
      if (deps.watchConnections) stopWatching.push(watchConnections(deps.watchConnections, sessions));
      if (deps.behind)
        await writeKeptRows(db, deps.behind).catch((error: unknown) =>
          log.error({ err: error }, 'Supervisions that were kept on this disk wait still'),
        );
      await bringReplies();
      guard.start();
      await sweeper.start();
    },
    async stopAll(because) {
      isStopping = true;
      sweeper.stop();
      guard.stop();
      for (const stop of stopWatching) stop();
      const ended = sessions.all().map(async (session) => {
        await session.end(because);
        await sessions.saved(session.plan.id);
      });
      await Promise.race([
        Promise.all(ended),
        new Promise((done) => setTimeout(done, stopDeadlineMs).unref()),
      ]);
    },
  };
}

function livingCall(calls: LiveCalls, callId: string): Call {
  const call = calls.byId(callId);
  if (!call) throw new AppError('call-not-found');
  return call;
}

function watchCalls(calls: LiveCalls, sessions: OpenSessions): () => void {
  return calls.onChange(({ call }) => {
    for (const session of sessions.all()) {
      if (session.plan.pbx !== call.pbx) continue;
      session.onCallChange();
      // A number or a queue that is known only now may be a protected one.
      session.onPolicyChange();
    }
  });
}

/** Changes of the shift come in bursts: looked at soon after, and once. */
const connectionDelayMs = 200;

function watchConnections(
  watch: NonNullable<SupervisionDeps['watchConnections']>,
  sessions: OpenSessions,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    timer = undefined;
    for (const session of sessions.all()) if (session instanceof FollowingSession) session.onConnection();
  };
  const stop = watch(() => {
    timer ??= setTimeout(look, connectionDelayMs).unref();
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** The policy may take rights away as well as calls. */
function watchPolicy(rules: RuleDeps, sessions: OpenSessions): () => void {
  return rules.policy.onChange(() => {
    endWithoutRights(rules, sessions);
    for (const session of sessions.all()) session.onPolicyChange();
  });
}

function endWithoutRights(rules: RuleDeps, sessions: OpenSessions): void {
  for (const session of sessions.all()) {
    if (hasLostRights(rules, session)) void session.end('rights-removed');
  }
}
