import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAsteriskDoor } from './adapters/asterisk-door/door.ts';
import { createAuditLog } from './adapters/audit-log/audit-log.ts';
import { collectedRoutes } from './adapters/cel/collected.routes.ts';
import { createFactLog } from './adapters/fact-log/fact-log.ts';
import { createHttpServer, type HttpServer } from './adapters/http/server.ts';
import { createLog } from './adapters/log/log.ts';
import { createMetrics } from './adapters/metrics/metrics.ts';
import { createPhoneGate } from './adapters/phone-gate/phone-gate.ts';
import { lockDataDir } from './adapters/postgres-embedded/data-dir-lock.ts';
import { createConnections } from './adapters/sockets/connections.ts';
import { withFarPages } from './adapters/sockets/far-pages.ts';
import { createPanelPresence } from './adapters/sockets/panel-presence.ts';
import { sharePresence } from './adapters/sockets/shared-presence.ts';
import { createSockets } from './adapters/sockets/sockets.ts';
import { readBrowserPhones } from './browser-phones-file.ts';
import { type Cluster, createCluster, noCluster } from './cluster.ts';
import type { Config } from './config.ts';
import { queueKey } from './contract/queues.ts';
import type { Supervision } from './contract/supervisions.ts';
import type { Database } from './database/database.ts';
import { listenTo } from './database/listen.ts';
import type { DatabasePresence } from './database/presence.ts';
import { createDrain } from './drain.ts';
import { createAccounts } from './features/accounts/accounts.ts';
import { createAgentPages } from './features/agent-page/agent-pages.ts';
import { createAgents } from './features/agents/agents.ts';
import { createPeopleDirectory } from './features/agents/people-directory.ts';
import { alertsRoutes } from './features/alerts/alerts.routes.ts';
import { createAlerts } from './features/alerts/alerts.service.ts';
import { auditRoutes } from './features/audit/audit.routes.ts';
import { type Audit, createAudit } from './features/audit/audit.service.ts';
import { callsRoutes } from './features/calls/calls.routes.ts';
import { type Calls, createCalls } from './features/calls/calls.ts';
import { createChat } from './features/chat/chat.ts';
import { chatChannel } from './features/chat/notices.ts';
import { evaluationsRoutes } from './features/evaluations/evaluations.routes.ts';
import { createEvaluations } from './features/evaluations/evaluations.service.ts';
import { liveBoardRoutes } from './features/live-board/live-board.routes.ts';
import { createLiveBoard } from './features/live-board/live-board.ts';
import { createOutsideListening } from './features/outside-listening/outside-listening.ts';
import { createPhones } from './features/phones/phones.ts';
import { createPolicy } from './features/policy/policy.ts';
import { createScreens } from './features/screens/create-screens.ts';
import { type FarScreen, shareScreens } from './features/screens/far-screens.ts';
import { screensRoutes } from './features/screens/screens.routes.ts';
import { createSharedScreens } from './features/screens/shared-screens.ts';
import { createHelpRequests } from './features/shift-control/help-requests.ts';
import { createPauseReasons } from './features/shift-control/pause-reasons.ts';
import { shiftControlRoutes } from './features/shift-control/shift-control.routes.ts';
import { createShiftControl } from './features/shift-control/shift-control.service.ts';
import { createSupervision } from './features/supervision/create-supervision.ts';
import { supervisionRoutes } from './features/supervision/supervision.routes.ts';
import { takeoverRoutes } from './features/supervision/takeover.routes.ts';
import { createIceServers } from './ice-servers.ts';
import { openConfiguredDatabase } from './open-database.ts';
import { webFolder } from './paths.ts';
import { createPbxSources } from './pbx-sources.ts';
import { type AgentTies, noTies } from './ports/absent.ts';
import { systemClock as clock } from './ports/clock.ts';
import type { BrowserPhones } from './ports/domain.ts';
import type { EventLog } from './ports/event-log.ts';
import type { AccessRule } from './ports/http-viewer.ts';
import type { LiveSessions } from './ports/live.ts';
import type { Log } from './ports/log.ts';
import type { TelephonyFact } from './ports/telephony-facts.ts';
import { createTrunks } from './ports/trunks.ts';
import type { Viewer } from './ports/viewer.ts';
import { readiness } from './readiness.ts';
import { createRequestHomes } from './request-homes.ts';
import { createStorageState } from './storage-state.ts';
import { version } from './version.ts';

export interface App {
  /** Where it listens, `http://127.0.0.1:8080`. */
  address: string;
  /** What each route says of who may call it. */
  accessRules: readonly AccessRule[];
  stop(): Promise<void>;
}

/** How old queue membership may be where AMI does not tell it. */
const queueMembershipMaxAgeMs = 10_000;

/** The wiring: starts everything in its order, and stops it in the other. */
export async function startApp(config: Config): Promise<App> {
  const log = createLog(config.logLevel);
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    // One part that fails to end must not keep the others: the database and its lock above all.
    for (const release of undo.splice(0).reverse()) {
      try {
        await release();
      } catch (error) {
        log.error({ err: error }, 'a part did not stop cleanly');
      }
    }
  };
  try {
    const lock = await lockDataDir(config.dataDir);
    undo.push(() => lock.release());
    const opened = await openConfiguredDatabase(config, log, (text) => log.info({}, text));
    const { db, url, presence } = opened;
    undo.push(opened.close);
    presence.start(url, log);
    const cluster = config.redis ? await createCluster({ url: config.redis.url, db, log }) : noCluster;
    undo.push(() => cluster.stop());
    const { http, watch } = await build({ config, log, db, url, presence, undo, cluster });
    await http.listen({ host: config.host, port: config.port });
    if (!http.server.listening) await once(http.server, 'listening');
    cluster.start(config.redis?.serverUrl ?? addressOf(http));
    await watch();
    return { address: addressOf(http), accessRules: http.accessRules(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Site {
  config: Config;
  log: Log;
  db: Database;
  /** Of the database. */
  url: string;
  presence: DatabasePresence;
  /** The servers that share the PBXs; this one, where it is alone. */
  cluster: Cluster | typeof noCluster;
  /** How each part ends, in the order they began. */
  undo: (() => unknown)[];
}

/** Every feature, handed what it needs from the others; nothing runs yet but the HTTP server's routes. */
async function build({
  config,
  log,
  db,
  url,
  presence: database,
  cluster,
  undo,
}: Site): Promise<{ http: HttpServer; watch(): Promise<void> }> {
  const factLog = createFactLog({ dataDir: config.dataDir, log });
  undo.push(() => factLog.close());
  const onDatabaseBack = (listener: () => void) =>
    database.onChange((isAway) => {
      if (!isAway) listener();
    });
  const needs = { synced: () => factLog.synced(), hasRoom: () => calls.hasRoom() };
  const pbxs = createPbxSources(
    config.pbxs,
    { clock, log, factLog, dataDir: config.dataDir, needs },
    cluster.isShared ? (pbx, deps) => (cluster as Cluster).createSource(pbx, deps, () => calls) : undefined,
  );
  const { homes } = cluster;
  /** Of a PBX that is this server's. */
  const commandsOf = (name: string) => (homes.isHere(name) ? pbxs.of(name)?.commands : undefined);
  const metrics = createMetrics();
  const directory = createPeopleDirectory({ db });
  const readPeopleAgain = () => {
    directory.refresh().catch((error: unknown) => log.warn({ err: error }, 'people could not be read'));
  };
  const ownPages = createPanelPresence();
  const presence = sharePresence(ownPages, {
    pages: cluster.share<true>('pages'),
    agentPages: cluster.share<true>('agent-pages'),
  });
  const viewingsAt = cluster.share<string>('screen-viewings');
  const connections = withFarPages(createConnections({ log }), {
    notes: cluster.notes,
    viewingsAt,
    viewerOf: (personId) => liveSessions.viewer(personId),
  });
  // Each replaced by the feature that keeps it.
  const ties: AgentTies = { ...noTies, trunks: createTrunks(config.pbxs) };
  const sharedScreens = createSharedScreens();
  const screensAt = cluster.share<FarScreen>('screens');
  ties.screens = shareScreens(sharedScreens, screensAt);
  const iceServers = createIceServers(config.turn);
  const phones = createPhones({
    accountsOf: (name) => pbxs.of(name)?.phoneAccounts,
    people: directory,
    configured: readBrowserPhones(config.browserPhonesFile),
    iceServers,
    callContextOf: (name) => pbxs.of(name)?.phoneContext ?? null,
    entries: cluster.share<string>('browser-phones'),
    clock,
    log,
  });
  ties.browserPhones = phones.board;
  const localAudit = createAuditLog({ dataDir: config.dataDir, log });
  const audit = createAudit({ db, clock, log, local: localAudit });
  undo.push(() => audit.stop());
  const help = createHelpRequests({ db, people: directory, audit, clock });
  ties.help = help;
  const calls = createCalls({
    db,
    audit,
    marks: (callIds) => policy.marksOfCalls(callIds),
    // A browser's phone is nobody's device: whose it is, the supervision knows that rang it.
    people: {
      ...directory,
      byOwnLeg: (uniqueId) => directory.byId(supervision.supervisorOfLeg(uniqueId) ?? ''),
    },
    clock,
    log,
    eventLog: factLog,
    behind: factLog,
    onDatabaseBack,
    supervisions: { all: () => supervision.live.all() },
    shared: { isOurs: homes.isHere, onWritten: cluster.onWritten },
  });
  const policy = createPolicy({
    db,
    people: directory,
    calls: calls.live,
    supervisions: { bySupervisor: (personId) => supervision.live.bySupervisor(personId) },
    audit,
    clock,
    log,
    elsewhere: {
      audit: (before) => audit.purgeBefore(monthOf(before)),
      chat: (before) => chat.purge(before.getTime()),
    },
  });
  const evaluations = createEvaluations({
    db,
    clock,
    audit,
    people: directory,
    policy: policy.rules,
    callOf: (viewer, callId) => calls.service.get(viewer, callId),
  });
  ties.policy = policy.rules;
  ties.marks = policy.marks;
  const supervision = createSupervision({
    db,
    behind: factLog,
    onDatabaseBack,
    telephonyOf: commandsOf,
    shared: { homes, entries: cluster.share<Supervision>('supervisions') },
    pbxNames: pbxs.names,
    people: directory,
    calls: calls.live,
    audit,
    probeAudit: () => audit.probe(),
    clock,
    log,
    ties,
    isConnected: (agentId) => agents.shift.agent(agentId)?.row.state !== 'offline',
    watchConnections: (listener) => agents.shift.onDirty(listener),
    isQueue(name, queue, viewer) {
      const known = agents.shift.queue(queueKey(name, queue));
      return known !== undefined && seesQueue(viewer, known.teamIds);
    },
    callOf: (viewer, callId) => calls.service.get(viewer, callId),
  });
  const agents = createAgents({
    db,
    pbxNames: pbxs.names,
    directory,
    calls: calls.live,
    supervisions: supervision.live,
    presence,
    ties,
    audit,
    clock,
    log,
    watchQueues: (name, queues) => pbxs.of(name)?.watchQueues(queues),
  });
  const outside = createOutsideListening({
    db,
    calls: calls.live,
    people: directory,
    audit,
    wasTold: audit.wasTold,
    homes,
    log,
  });
  ties.outside = outside;
  const alerts = createAlerts({ db, clock, audit });
  const board = createLiveBoard({
    thresholds: alerts,
    storage: createStorageState(database, factLog),
    shift: agents.shift,
    calls: calls.live,
    supervisions: supervision.live,
    directory,
    browserPhones: ties.browserPhones,
    marks: ties.marks,
    trunks: ties.trunks,
    outside: ties.outside,
    clock,
    log,
    pbxs: pbxs.all,
    queueMembershipMaxAgeMs,
  });
  const pauseReasons = createPauseReasons({ db, audit });
  const shiftControl = createShiftControl({
    shift: agents.shift,
    people: directory,
    queuesOf: (name) => pbxs.of(name)?.queues ?? null,
    audit,
  });
  const agentPages = createAgentPages({
    shift: agents.shift,
    supervisions: supervision.live,
    outside: ties.outside,
    policy: ties.policy,
    pauseReasons,
    clock,
    log,
  });
  const accounts = createAccounts({
    db,
    clock,
    log,
    audit,
    writeDetails: agents.writeDetails,
    pbxNames: pbxs.names,
    config,
    policy: policy.rules,
    changed: readPeopleAgain,
  });
  // What he began on his phone would go on with nobody signed in.
  accounts.onShutOut((personId) => {
    supervision.shutOut(personId);
    cluster.notes.send('shut-out', personId);
  });
  cluster.notes.on('shut-out', (personId) => supervision.shutOut(String(personId)));
  const liveSessions = accounts.liveSessions(directory);
  const screens = createScreens({
    db,
    screens: sharedScreens,
    audit,
    policy: ties.policy,
    shift: agents.shift,
    sessions: liveSessions,
    connections,
    iceServers,
    viewingsAt,
    clock,
    log,
  });
  const chat = createChat({
    db,
    people: directory,
    shift: agents.shift,
    sessions: liveSessions,
    presence,
    connections,
    audit,
    clock,
    log,
  });
  const requestHomes = createRequestHomes({
    cluster,
    isPbx: (name) => pbxs.of(name) !== undefined,
    isReady: (name) => supervision.hasAdopted(name),
    pbxOfAgent: (id) => directory.byId(id)?.pbx,
    pbxOfCall: (id) => calls.live.byId(id)?.pbx,
    supervisions: supervision.live,
    isSharedHere: (agentId) => sharedScreens.share(agentId) !== undefined,
    screensAt,
    viewingsAt,
  });
  const http = await createHttpServer({
    config,
    version: version(),
    log,
    sessions: accounts,
    routes: [
      ...accounts.routes,
      agents.routes,
      callsRoutes(calls.service),
      policy.routes,
      evaluationsRoutes(evaluations),
      supervisionRoutes(supervision),
      takeoverRoutes(supervision),
      liveBoardRoutes(board),
      alertsRoutes(alerts),
      shiftControlRoutes({ control: shiftControl, help, pauseReasons }),
      phones.routes,
      screensRoutes(screens),
      chat.routes,
      auditRoutes(audit),
      collectedRoutes(pbxs.all.flatMap(({ collected }) => collected ?? [])),
    ],
    staticFolder: webFolder(),
    metrics,
    readiness: () =>
      readiness(db, {
        pbxTried: pbxs.wereTried(),
        isDraining: drain.isBegun,
        pbxsHere: cluster.pbxsHere(),
        isRead: supervision.hasAdopted,
      }),
    homes: cluster.isShared ? requestHomes : undefined,
  });
  const sockets = createSockets({
    server: http.server,
    publicUrl: config.publicUrl,
    feed: board,
    agentPages,
    sessions: withPhones(liveSessions, phones.board),
    presence: ownPages,
    connections,
    log,
  });
  const gate = createPhoneGate({
    server: http.server,
    publicUrl: config.publicUrl,
    sessions: liveSessions,
    desk: phones.desk,
    pbxAddress: (name) => pbxs.of(name)?.sipSocket ?? null,
    log,
  });

  const door = createAsteriskDoor(
    http.server,
    pbxs.all.flatMap(({ doorGuest }) => doorGuest ?? []),
    log,
  );

  const onFact = (fact: TelephonyFact): void => {
    // In the order in which they build on one another. One that fails must not keep the fact from the others.
    for (const listener of [phones, calls, agents, supervision, outside, board]) {
      try {
        listener.onFact(fact);
      } catch (error) {
        log.error({ err: error, kind: fact.kind }, 'a fact could not be taken');
      }
    }
  };

  /** Where other servers are there: they go on with calls and supervisions, and pages come to them, before this one ends. */
  const drain = createDrain({
    hasOthers: cluster.hasOthers,
    async handOver() {
      await supervision.saveAll();
      await cluster.handOver();
    },
    sendPagesAway: () => sockets.sendAway(),
    log,
  });

  /** Calls back at each notice of the database's channel, until everything stops. */
  function follow(channel: string, onNotice: Parameters<typeof listenTo>[0]['onNotice']): void {
    const notices = listenTo({ url, channel, log, onNotice });
    undo.push(() => notices.close());
  }
  const readAgainOn = (channel: string, read: () => Promise<unknown>): void =>
    follow(channel, () => {
      read().catch((error: unknown) => log.warn({ err: error, channel }, 'what changed could not be read'));
    });

  async function watch(): Promise<void> {
    undo.push(
      () => http.close(),
      () => accounts.close(),
      () => sockets.close(),
      () => gate.close(),
      () => door.close(),
      () => ownPages.stop(),
    );
    undo.push(() => board.stop());
    startAudit(audit, log);
    undo.push(() => agentPages.stop());
    undo.push(() => calls.stop());
    // Before anybody can be heard.
    await policy.start();
    undo.push(() => policy.stop());
    await agents.start();
    undo.push(() => agents.stop());
    await outside.start();
    undo.push(() => outside.stop());
    await screens.recover();
    undo.push(() => screens.stopAll());
    // What the command line, another server or SQL by hand has changed.
    readAgainOn('vigie_policy', () => policy.reload());
    readAgainOn('vigie_people', () => directory.refresh());
    readAgainOn('vigie_alert_thresholds', () => alerts.reload());
    readAgainOn('vigie_agent_control', () => Promise.all([pauseReasons.reload(), help.reload()]));
    follow(chatChannel, chat.onNotice);
    undo.push(() => chat.stop());
    if (pbxs.names.length === 0) return;
    await replay(factLog, calls, log);
    await pbxs.start(onFact);
    undo.push(() => pbxs.stop());
    undo.push(() => phones.stop());
    await supervision.recover();
    undo.push(() => supervision.stopAll('server-stopped'));
    undo.push(() => drain.begin());
  }
  return { http, watch };
}

/** With a phone in his browser a viewer may do more, without it less: his board is reviewed as when his rights change. */
function withPhones(sessions: LiveSessions, phones: BrowserPhones): LiveSessions {
  return {
    ...sessions,
    onViewersChanged(listener) {
      const stops = [sessions.onViewersChanged(listener), phones.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** Calls that were in progress go on, and what was not written is: before anything new is heard. */
async function replay(factLog: EventLog, calls: Calls, log: Log): Promise<void> {
  const startMs = performance.now();
  try {
    const { facts, damaged } = await calls.replay(factLog);
    const ms = Math.round(performance.now() - startMs);
    if (facts + damaged > 0)
      log.info({ facts, damaged, ms }, 'the calls of before were read from the fact log');
  } catch (error) {
    log.error({ err: error }, 'the fact log could not be read: calls of before are known from the PBX only');
  }
}

/** The entries of before are chained in their own time; nothing waits for it. */
function startAudit(audit: Audit, log: Log): void {
  audit.start().catch((error: unknown) => log.error({ err: error }, 'the audit log did not start'));
}

/** A queue of no team is everybody's. */
const seesQueue = (viewer: Viewer, teamIds: readonly string[]): boolean =>
  viewer.everyTeam || teamIds.length === 0 || teamIds.some((id) => viewer.teamIds.includes(id));

/** `YYYY-MM`, UTC: the audit log is purged by closed months. */
const monthOf = (date: Date): string => date.toISOString().slice(0, 7);

function addressOf(http: HttpServer): string {
  const { address, port, family } = http.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
