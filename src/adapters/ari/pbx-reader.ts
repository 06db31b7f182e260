import { setTimeout as delay } from 'node:timers/promises';
import type { AriEvent, AriRequest, AriSession } from '../../asterisk-ari-client/index.ts';
import type { Clock } from '../../ports/clock.ts';
import { createFactStamp } from '../../ports/fact-stamp.ts';
import type { Log } from '../../ports/log.ts';
import { createOurClock } from '../../ports/our-clock.ts';
import { isOwnPhone } from '../../ports/telephony.ts';
import type { FactBody, TelephonyFact } from '../../ports/telephony-facts.ts';
import { createDeviceWatch } from './device-watch.ts';
import { createEventBuffer } from './event-buffer.ts';
import { eventTypesUsed, factOf } from './facts.ts';
import { createHelperTurns } from './helper-turns.ts';
import { createLivingLegs } from './living-legs.ts';
import { createMembership } from './membership.ts';
import { checkName } from './name-check.ts';
import { ownershipEvent, ownsApplication } from './own-application.ts';
import { type PbxIdentity, readIdentity } from './pbx-identity.ts';
import { lossOfEnd, lossOfError, lossOfFailure, NotOurs, notDialled, type PbxLoss } from './pbx-loss.ts';
import { factsOfSnapshot, type PbxSnapshot, readSnapshot } from './pbx-snapshot.ts';
import { createReaderLink, isOutbound, type ReaderAddress, type ReaderLink } from './reader-link.ts';
import { timeMs } from './snapshots.ts';

export interface PbxReaderOptions {
  /** The PBX's name in facts and records. */
  name: string;
  ari: ReaderAddress;
  clock: Clock;
  log: Log;
  emit(fact: TelephonyFact): void;
  /** Another maker of connections, for what simulates a PBX. */
  createLink?: typeof createReaderLink;
}

/** Reads one PBX, on whatever thread it is made. */
export interface PbxReader {
  start(): void;
  /** Ends the connection at once and says so; `resume` makes a new one, and everything is told anew. */
  suspend(detail: string): void;
  resume(): void;
  stop(): Promise<void>;
  watchQueues(names: readonly string[]): void;
  /** Over the connection of an Asterisk that dials us, which is the only one. */
  request: AriRequest;
  need(needs: ReaderNeeds): void;
}

/** What must be asked over ARI because nobody else (AMI) tells it. */
export interface ReaderNeeds {
  membership: boolean;
  deviceStates: boolean;
}

/** While another server holds our name, a password is refused, or Asterisk is too old: no hurry. */
const slowRetryMs = 30_000;
const fastRetryMs = 1000;
/** With the client's limit of a second for the answer, a link that is open and dead is found within two. */
const pingIntervalMs = 500;
/** A server that was killed has left by then; one that hangs has not. */
const replaceAfterMs = 500;
/** Asterisk dials every half second (`reconnect_interval`). */
const dialWithinMs = 2000;
/** Everything but device states, whose subscription can lock ARI when it ends: `createDeviceWatch` asks for them. */
const eventSources = ['channel:', 'bridge:', 'endpoint:'];

/**
 * Reads its events, translates each once into a fact, and on each connection says anew what is there. Never throws for
 * what the PBX does: a PBX that cannot be read is a `pbx-lost` fact that says why.
 */
export function createPbxReader(options: PbxReaderOptions): PbxReader {
  const { name, ari, clock, log, emit: onFact, createLink = createReaderLink } = options;
  const stamp = createFactStamp(name, 'ari', clock);
  const ourClock = createOurClock();
  const legs = createLivingLegs();
  const stopping = new AbortController();
  const wantedTypes = isOutbound(ari) ? ([...eventTypesUsed, ownershipEvent] as const) : eventTypesUsed;
  let client = connectable();
  let needs: ReaderNeeds = { membership: true, deviceStates: true };
  const helper = createHelperTurns(ari.app);
  const membership = createMembership({
    client: () => client,
    helper,
    log,
    isNeeded: () => needs.membership,
    pbxNowMs: stamp.pbxNowMs,
    emit,
  });
  const devices = createDeviceWatch({
    helper,
    isNeeded: () => needs.deviceStates,
    pauseDevices: () => (needs.membership ? membership.pauseDevices() : []),
    tell: (body) => emit(body, stamp.pbxNowMs()),
  });
  let buffer = createEventBuffer();
  let isLive = false;
  let resyncs = 0;
  let startedAtMs = 0;
  let lastHeardAtMs = 0;
  let lastLoss = '';

  function emit(body: FactBody, atMs: number): void {
    legs.follow(body);
    onFact(ourClock.translate(stamp.fact(body, atMs)));
  }

  function connectable(): ReaderLink {
    const made = createLink(ari, {
      eventTypes: wantedTypes,
      pingIntervalMs,
      replacedRetryMs: slowRetryMs,
      unauthorizedRetryMs: slowRetryMs,
      log,
    });
    made.on('event', takeEvent);
    made.on('connected', () => void resync());
    made.on('disconnected', ({ reason }) => {
      if (made === client && !stopping.signal.aborted) lose(lossOfEnd(reason, ari.app));
    });
    made.on('connectFailed', (failure) => lose(lossOfFailure(failure)));
    return made;
  }

  function translate(event: AriEvent, atMs: number): void {
    lastHeardAtMs = atMs;
    try {
      membership.notice(event);
      devices.notice(event);
      const body = factOf(event);
      if (body) emit(body, atMs);
    } catch (error) {
      // One event that is not of its type's form must not take the next ones with it.
      log.error({ err: error, type: event.type }, 'An event could not be taken');
    }
  }

  function takeEvent(event: AriEvent): void {
    const atMs = timeMs(event.timestamp) ?? stamp.pbxNowMs();
    if (isLive) translate(event, atMs);
    else if (!buffer.add(event, atMs)) void resync();
  }

  function lose({ why, detail }: PbxLoss): void {
    isLive = false;
    membership.pause();
    if (lastLoss === why + detail) return;
    lastLoss = why + detail;
    log.warn({ pbx: name, why, detail }, 'The PBX cannot be read');
    emit({ kind: 'pbx-lost', why, detail }, stamp.pbxNowMs());
  }

  /** Reads everything anew. What happens meanwhile waits in the buffer; when that is full, it begins again. */
  async function resync(): Promise<void> {
    resyncs += 1;
    const own = resyncs;
    const reading = client;
    const isCurrent = () => own === resyncs && reading === client && client.isConnected;
    // What Asterisk kept for us comes first, before its first answer, and is told as it comes.
    isLive = isOutbound(ari);
    buffer = createEventBuffer();
    stamp.nextGeneration();
    try {
      if (isOutbound(ari) && !(await ownsApplication(reading, ari.app))) throw new NotOurs(ari.app);
      if (isCurrent()) isLive = false;
      await reading.filterEvents(wantedTypes);
      await reading.applications.subscribe({ applicationName: ari.app, eventSource: eventSources });
      const identity = await readIdentity(reading, clock, stamp);
      const atMs = stamp.pbxNowMs();
      const snapshot = await readSnapshot(reading);
      if (!isCurrent()) return;
      goLive(identity, snapshot, atMs);
      tellDevices(reading, snapshot, isCurrent);
    } catch (error) {
      if (!isCurrent()) return;
      const loss = lossOfError(error);
      lose(loss);
      await pause(loss.why === 'disconnected' || isOutbound(ari) ? fastRetryMs : slowRetryMs);
      if (isCurrent()) void resync();
    }
  }

  function goLive(identity: PbxIdentity, snapshot: PbxSnapshot, atMs: number): void {
    const becauseRestarted = startedAtMs !== 0 && identity.startedAtMs !== startedAtMs;
    const gap = { lastSeenAtMs: lastHeardAtMs, becauseRestarted };
    startedAtMs = identity.startedAtMs;
    lastLoss = '';
    log.info({ pbx: name, version: identity.version }, 'The PBX is read');
    const { version, clockAheadMs } = identity;
    if (clockAheadMs !== undefined) ourClock.learn(clockAheadMs);
    const clockTold = clockAheadMs === undefined ? {} : { clockAheadMs };
    emit({ kind: 'pbx-connected', asteriskVersion: version, startedAtMs, ...clockTold }, atMs);
    // An Asterisk that dials us brings what happened meanwhile.
    const facts = factsOfSnapshot(snapshot, isOutbound(ari) ? atMs : lastHeardAtMs);
    for (const body of facts) emit(body, atMs);
    const present = new Set([...snapshot.channels.map(({ id }) => id), ...buffer.endedIds()]);
    for (const body of legs.vanished(present, gap)) emit(body, atMs);
    const seen = facts.flatMap((body) => {
      if (body.kind === 'spy-began') return [body.spy.uniqueId];
      return body.kind === 'leg-seen' ? [body.leg.uniqueId] : [];
    });
    const liveUniqueIds = [...seen, ...snapshot.channels.map(({ id }) => id).filter(isOwnPhone)];
    emit({ kind: 'resynced', liveUniqueIds }, atMs);
    lastHeardAtMs = atMs;
    isLive = true;
    buffer.drain(translate);
    membership.resume();
  }

  /** In their own time: calls are live already. */
  function tellDevices(reading: AriSession, { endpoints }: PbxSnapshot, isCurrent: () => boolean): void {
    const names = endpoints.map((one) => `${one.technology}/${one.resource}`);
    devices
      .run(reading, names, isCurrent)
      .catch((error) => log.error({ err: error }, 'Device states are no longer read'));
  }

  /**
   * A first connection waits until no other server holds our name: we never throw one out, but for a server of ours that
   * has lost the PBX to us, and then only one that does not go by itself.
   */
  async function connectWhenFree(): Promise<void> {
    const own = client;
    if (isOutbound(ari)) return awaitCall(own);
    const replaceFromMs = ari.mayReplace ? clock.now() + replaceAfterMs : Infinity;
    for (let waitMs = fastRetryMs / 4; own === client && !stopping.signal.aborted; ) {
      const loss = await checkName(own, ari.app);
      if (own !== client || stopping.signal.aborted) return;
      if (!loss || (loss.why === 'replaced' && clock.now() >= replaceFromMs)) return own.connect();
      if (ari.mayReplace && loss.why === 'replaced') {
        await pause(replaceAfterMs / 5);
        continue;
      }
      lose(loss);
      waitMs = Math.min(waitMs * 2, 10 * fastRetryMs);
      await pause(loss.why === 'disconnected' ? waitMs : slowRetryMs);
    }
  }

  async function awaitCall(own: ReaderLink): Promise<void> {
    own.connect();
    await pause(dialWithinMs);
    if (own === client && !own.isConnected && !stopping.signal.aborted) lose(notDialled);
  }

  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => {});

  return {
    start() {
      stamp.nextGeneration();
      void connectWhenFree();
    },
    suspend(detail) {
      const left = client;
      client = connectable();
      lose({ why: 'disconnected', detail });
      void left.close();
    },
    resume: () => void connectWhenFree(),
    async stop() {
      stopping.abort();
      resyncs += 1;
      membership.pause();
      await client.close();
    },
    watchQueues: membership.watch,
    request: (method, path, options) => client.request(method, path, options),
    need(now) {
      needs = now;
    },
  };
}
