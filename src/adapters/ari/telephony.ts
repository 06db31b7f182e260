import { setTimeout as delay } from 'node:timers/promises';
import { type AriEvent, createAriClient } from '../../asterisk-ari-client/index.ts';
import type { Clock } from '../../ports/clock.ts';
import { createFactStamp } from '../../ports/fact-stamp.ts';
import type { Log } from '../../ports/log.ts';
import type { Telephony } from '../../ports/telephony.ts';
import type { FactBody, TelephonyFact } from '../../ports/telephony-facts.ts';
import { createAriCommands } from './commands.ts';
import { readDeviceStates } from './device-reading.ts';
import { createEventBuffer } from './event-buffer.ts';
import { eventTypesUsed, factOf } from './facts.ts';
import { createLivingLegs } from './living-legs.ts';
import { createMembership } from './membership.ts';
import { checkName } from './name-check.ts';
import { type PbxIdentity, readIdentity } from './pbx-identity.ts';
import { lossOfEnd, lossOfError, lossOfFailure, type PbxLoss } from './pbx-loss.ts';
import { factsOfSnapshot, type PbxSnapshot, readSnapshot } from './pbx-snapshot.ts';
import { timeMs } from './snapshots.ts';

export interface AriTelephonyOptions {
  /** The PBX's name in facts and records. */
  name: string;
  ari: { url: string; username: string; password: string; app: string };
  clock: Clock;
  log: Log;
  /** Whether queue membership must be asked over ARI now; false while AMI tells it. */
  needsMembership?: () => boolean;
}

/** While another server holds our name, a password is refused, or Asterisk is too old: no hurry. */
const slowRetryMs = 30_000;
const fastRetryMs = 1000;

/**
 * One PBX over ARI: reads its events, translates each once into a fact, and on each connection says anew what is
 * there. Never throws for what the PBX does: a PBX that cannot be read is a `pbx-lost` fact that says why.
 */
export function createAriTelephony(options: AriTelephonyOptions): Telephony {
  const { name, ari, clock, log, needsMembership = () => true } = options;
  const stamp = createFactStamp(name, 'ari', clock);
  const legs = createLivingLegs();
  const stopping = new AbortController();
  const client = createAriClient({
    ...ari,
    subscribeAll: true,
    eventTypes: eventTypesUsed,
    replacedRetryMs: slowRetryMs,
    unauthorizedRetryMs: slowRetryMs,
    log,
  });
  const membership = createMembership({
    client,
    app: ari.app,
    log,
    isNeeded: needsMembership,
    pbxNowMs: stamp.pbxNowMs,
    emit,
  });
  let onFact: (fact: TelephonyFact) => void = () => {};
  let buffer = createEventBuffer();
  let isLive = false;
  let resyncs = 0;
  let startedAtMs = 0;
  let lastHeardAtMs = 0;
  let lastLoss = '';

  function emit(body: FactBody, atMs: number): void {
    legs.follow(body);
    onFact(stamp.fact(body, atMs));
  }

  function translate(event: AriEvent, atMs: number): void {
    lastHeardAtMs = atMs;
    try {
      membership.notice(event);
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
    const isCurrent = () => own === resyncs && client.isConnected;
    isLive = false;
    buffer = createEventBuffer();
    stamp.nextGeneration();
    try {
      await client.filterEvents(eventTypesUsed);
      const identity = await readIdentity(client, clock, stamp);
      const atMs = stamp.pbxNowMs();
      const snapshot = await readSnapshot(client);
      if (!isCurrent()) return;
      goLive(identity, snapshot, atMs);
      membership.resume();
      await readDeviceStates(client, snapshot.endpoints, isCurrent, (body) => emit(body, stamp.pbxNowMs()));
    } catch (error) {
      if (!isCurrent()) return;
      const loss = lossOfError(error);
      lose(loss);
      await pause(loss.why === 'disconnected' ? fastRetryMs : slowRetryMs);
      if (isCurrent()) void resync();
    }
  }

  function goLive(identity: PbxIdentity, snapshot: PbxSnapshot, atMs: number): void {
    const becauseRestarted = startedAtMs !== 0 && identity.startedAtMs !== startedAtMs;
    const gap = { lastSeenAtMs: lastHeardAtMs, becauseRestarted };
    startedAtMs = identity.startedAtMs;
    lastLoss = '';
    log.info({ pbx: name, version: identity.version }, 'The PBX is read');
    emit({ kind: 'pbx-connected', asteriskVersion: identity.version, startedAtMs }, atMs);
    const facts = factsOfSnapshot(snapshot);
    for (const body of facts) emit(body, atMs);
    const present = new Set([...snapshot.channels.map(({ id }) => id), ...buffer.endedIds()]);
    for (const body of legs.vanished(present, gap)) emit(body, atMs);
    const liveUniqueIds = facts.flatMap((body) => (body.kind === 'leg-seen' ? [body.leg.uniqueId] : []));
    emit({ kind: 'resynced', liveUniqueIds }, atMs);
    lastHeardAtMs = atMs;
    isLive = true;
    buffer.drain(translate);
  }

  /** The first connection waits until no other server holds our name: we never throw one out. */
  async function connectWhenFree(): Promise<void> {
    for (let waitMs = fastRetryMs / 4; !stopping.signal.aborted; ) {
      const loss = await checkName(client, ari.app);
      if (!loss) return client.connect();
      lose(loss);
      waitMs = Math.min(waitMs * 2, 10 * fastRetryMs);
      await pause(loss.why === 'disconnected' ? waitMs : slowRetryMs);
    }
  }

  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => {});

  client.on('event', takeEvent);
  client.on('connected', () => void resync());
  client.on('disconnected', ({ reason }) => {
    if (!stopping.signal.aborted) lose(lossOfEnd(reason, ari.app));
  });
  client.on('connectFailed', (failure) => lose(lossOfFailure(failure)));

  return {
    pbx: name,
    commands: createAriCommands({ ari: client, app: ari.app }),
    async start(listener) {
      onFact = listener;
      stamp.nextGeneration();
      void connectWhenFree();
    },
    async stop() {
      stopping.abort();
      membership.pause();
      await client.close();
    },
    watchQueues: membership.watch,
  };
}
