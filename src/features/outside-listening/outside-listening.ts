import { v5 as nameId } from 'uuid';
import type { NamedRef } from '../../contract/common.ts';
import type { OutsideListening } from '../../contract/outside-listenings.ts';
import { everyPbxHere, type PbxHomes } from '../../ports/cluster.ts';
import type { LiveCalls, OutsideListenings, PeopleDirectory } from '../../ports/domain.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { createListeningWriter, type WriterDeps } from './listening-writer.ts';
import { type KeptListening, openListenings } from './outside-listening.repository.ts';
import { deviceOfChannel } from './spy-plan.ts';
import { type Heard, type Spy, Spying } from './spying.ts';
import { heardIn, listenerOf } from './who-hears-whom.ts';

export interface CreateOutsideListening extends WriterDeps {
  calls: LiveCalls;
  people: PeopleDirectory;
  /** Whose PBXs this server writes of. Default: all. */
  homes?: PbxHomes;
}
export interface OutsideListeningFeature extends OutsideListenings {
  onFact(fact: TelephonyFact): void;
  /** Takes up what was open when the server stopped; to be called before the first fact. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Of the names that ids of listenings are made of; any would do, for ever the same. */
const namespace = '5f0c3c55-7ddf-4c0e-9f0b-6a6a53a1b8d4';

/** How long AMI has to say whom a ChanSpy hears, before the legs are asked. */
const amiGraceMs = 500;

interface Open {
  kept: KeptListening;
  shown: OutsideListening;
}

/** Who listens to calls without us: on the board while it lasts, and in the audit log. */
export function createOutsideListening(deps: CreateOutsideListening): OutsideListeningFeature {
  const { calls, people } = deps;
  const { homes = everyPbxHere } = deps;
  const writer = createListeningWriter(deps);
  /** What another server watches it writes as well. */
  const put = (kept: KeptListening): void => {
    if (homes.isHere(kept.pbx)) writer.put(kept);
  };
  const pbxs = new Map<string, Spying>();
  /** By PBX and spy. */
  const open = new Map<string, Open>();
  const listeners = new Set<(one: OutsideListening, gone: boolean) => void>();
  const timers = new Map<string, NodeJS.Timeout>();
  /** PBXs that were read whole: before that nothing can be said of what is gone. */
  const read = new Set<string>();
  const stopCalls = calls.onChange(({ call }) => nameAgents(call.id));

  const keyOf = (pbx: string, spyUniqueId: string): string => `${pbx} ${spyUniqueId}`;
  const spyingOf = (pbx: string): Spying => {
    const spying = pbxs.get(pbx) ?? new Spying();
    pbxs.set(pbx, spying);
    return spying;
  };
  const refOf = (id: string | null): NamedRef | null =>
    id === null ? null : { id, name: people.byId(id)?.name ?? id };

  function show(kept: KeptListening): OutsideListening {
    const { id, pbx, via, callId } = kept;
    const listener = (via === 'snoop' && kept.app) || deviceOfChannel(kept.spyChannel);
    const since = new Date(kept.fromMs).toISOString();
    return { id, pbx, via, by: refOf(kept.listenerId), listener, agent: refOf(kept.agentId), callId, since };
  }
  function tell(one: OutsideListening, gone: boolean): void {
    for (const listener of listeners) listener(one, gone);
  }

  function begin(pbx: string, spy: Spy, heard: NonNullable<Heard>, atMs: number): void {
    const spying = spyingOf(pbx);
    const targetUniqueId = heard === 'unknown' ? null : heard.uniqueId;
    const listenerId = listenerOf(pbx, spy, spying, people);
    const kept: KeptListening = {
      id: idOf(pbx, spy.uniqueId, targetUniqueId, atMs),
      pbx,
      spyUniqueId: spy.uniqueId,
      spyChannel: spy.channel,
      via: spy.via,
      app: spy.app,
      listenerId,
      targetUniqueId,
      ...heardIn(calls, people, pbx, targetUniqueId),
      fromMs: atMs,
      toMs: null,
      beganTold: false,
      endedTold: false,
    };
    const shown = show(kept);
    open.set(keyOf(pbx, spy.uniqueId), { kept, shown });
    put(kept);
    tell(shown, false);
  }

  function end(key: string, atMs: number): void {
    const one = open.get(key);
    if (!one) return;
    open.delete(key);
    one.kept.toMs = Math.max(one.kept.fromMs, atMs);
    put(one.kept);
    tell(one.shown, true);
  }

  /** An agent takes a call that is being listened to. */
  function nameAgents(callId: string): void {
    for (const one of open.values()) {
      const { kept } = one;
      if (kept.agentId !== null || (kept.callId !== null && kept.callId !== callId)) continue;
      const { agentId, callId: found } = heardIn(calls, people, kept.pbx, kept.targetUniqueId);
      if (agentId === null) continue;
      Object.assign(kept, { agentId, callId: found });
      one.shown = show(kept);
      put(kept);
      tell(one.shown, false);
    }
  }

  function settle(pbx: string, atMs: number): void {
    const spying = spyingOf(pbx);
    for (const [key, { kept }] of open) {
      if (kept.pbx === pbx && !spying.spy(kept.spyUniqueId)) end(key, atMs);
    }
    for (const spy of spying.spies()) {
      const key = keyOf(pbx, spy.uniqueId);
      const before = heardBefore(open.get(key)?.kept, spying);
      const now = spying.heardBy(spy, before);
      if (sameHeard(before, now)) continue;
      // What AMI is about to tell is known better then.
      const isGuess = spy.told === undefined && now !== null;
      if (isGuess && spying.isAmiUp && !timers.has(key)) waitForAmi(key, pbx, spy, atMs);
      else if (!isGuess || !spying.isAmiUp) change(key, pbx, spy, now, atMs);
    }
  }

  function change(key: string, pbx: string, spy: Spy, now: Heard, atMs: number): void {
    clearTimeout(timers.get(key));
    timers.delete(key);
    end(key, atMs);
    if (now !== null) begin(pbx, spy, now, atMs);
  }

  function waitForAmi(key: string, pbx: string, spy: Spy, atMs: number): void {
    const look = () => {
      timers.delete(key);
      const spying = spyingOf(pbx);
      if (spying.spy(spy.uniqueId) !== spy || spy.told !== undefined) return;
      const before = heardBefore(open.get(key)?.kept, spying);
      const now = spying.heardBy(spy, before);
      if (!sameHeard(before, now)) change(key, pbx, spy, now, atMs);
    };
    timers.set(key, setTimeout(look, amiGraceMs).unref());
  }

  /** Its last server may have written some of it already: what the audit log has is not told twice. */
  const stopHomes = homes.onChange((pbx, isHere) => {
    if (!isHere) return;
    for (const { kept } of open.values()) {
      if (kept.pbx !== pbx) continue;
      writer.restore(kept);
      writer.put(kept);
    }
  });

  return {
    onFact(fact) {
      if (fact.kind === 'pbx-connected') read.delete(fact.pbx);
      if (fact.kind === 'resynced') read.add(fact.pbx);
      if (spyingOf(fact.pbx).onFact(fact) && read.has(fact.pbx)) settle(fact.pbx, fact.atMs);
    },
    all: () => [...open.values()].map(({ shown }) => shown),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      for (const kept of await openListenings(deps.db)) {
        writer.restore(kept);
        if (kept.toMs !== null) {
          put(kept);
          continue;
        }
        const shown = show(kept);
        open.set(keyOf(kept.pbx, kept.spyUniqueId), { kept, shown });
        if (!kept.beganTold) put(kept);
        tell(shown, false);
      }
    },
    async stop() {
      stopCalls();
      stopHomes();
      for (const timer of timers.values()) clearTimeout(timer);
      await writer.stop();
    },
  };
}

/** The same on every server that hears of it. */
const idOf = (pbx: string, spyUniqueId: string, targetUniqueId: string | null, atMs: number): string =>
  nameId(JSON.stringify([pbx, spyUniqueId, targetUniqueId, atMs]), namespace);

function heardBefore(kept: KeptListening | undefined, spying: Spying): Heard {
  if (!kept) return null;
  if (kept.targetUniqueId === null) return 'unknown';
  return { uniqueId: kept.targetUniqueId, channel: spying.leg(kept.targetUniqueId)?.channel ?? '' };
}

const sameHeard = (a: Heard, b: Heard): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && a?.uniqueId === b?.uniqueId);
