import type { Call } from '../../contract/calls.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeviceLeg, LiveCalls } from '../../ports/domain.ts';
import type { LegKey, Page } from '../../ports/event-log.ts';
import type { Log } from '../../ports/log.ts';
import { isOwnPhone } from '../../ports/telephony.ts';
import type { OwnLegFact, TelephonyFact } from '../../ports/telephony-facts.ts';
import type { FoldedCall } from './call-fold.ts';
import { CallListeners } from './call-listeners.ts';
import { changedDevices, DeviceIndex } from './device-index.ts';
import { foldFamily } from './family-fold.ts';
import { trimPlan } from './family-trim.ts';
import { isLive, type Known, KnownCalls } from './known-calls.ts';
import type { Family, Ledger } from './ledger.ts';
import { Ledgers } from './ledgers.ts';
import { type CallFact, isCallFact } from './leg-facts.ts';
import { sameValue } from './same-value.ts';
import type { People } from './whose-leg.ts';

/** An ended call is recorded this long after its end, so that the last facts of its other legs are in. */
export const settleMs = 300;
/** A dialplan's facts come in bursts of a few milliseconds: one fold for each burst, that much later at most. */
export const foldDelayMs = 4;
/** Facts that come later than this after the end of everything change no record. */
export const lateFactsMs = 30_000;

/** A call that has ended, or whose record a late fact has changed. */
export interface EndedCall {
  call: Call;
  agentIds: string[];
  revision: number;
}
const forgetEveryMs = 3_000;

/** The end of a supervisor's leg, as of any other. */
function endOfOwn(fact: Extract<OwnLegFact, { kind: 'own-leg-ended' }>): CallFact {
  return { ...fact, kind: 'leg-ended', causeText: '', hangupSource: '' };
}

export interface CallsEngineDeps {
  people: People;
  clock: Clock;
  log: Log;
  onEnded(ended: EndedCall): void;
  /** What was recorded turned out to be a part of another call. */
  onWithdrawn(call: Call): void;
  /** Whether the record is safely written: only then may its facts go. */
  isWritten(callId: string): boolean;
}

/**
 * Facts in, living calls out. Facts mark their family; families are folded again once for a burst of facts, at the
 * latest before anybody looks.
 */
export class CallsEngine implements LiveCalls {
  readonly #deps: CallsEngineDeps;
  readonly #ledgers = new Ledgers();
  readonly #listeners: CallListeners;
  readonly #dirty = new Set<Family>();
  readonly #known = new KnownCalls();
  readonly #devices = new DeviceIndex();
  readonly #settling = new Map<string, Known>();
  #flush: NodeJS.Timeout | null = null;
  #forgotAtMs = 0;
  factsFolded = 0;

  constructor(deps: CallsEngineDeps) {
    this.#deps = deps;
    this.#listeners = new CallListeners(deps.log);
  }

  onFact(fact: TelephonyFact): void {
    switch (fact.kind) {
      case 'pbx-connected':
        this.#ledgers.pbxConnected(fact);
        return;
      case 'resynced':
        for (const vanished of this.#ledgers.vanishedBy(fact)) this.#add(vanished);
        return;
      default:
        if (isCallFact(fact)) this.#add(fact);
        else if (fact.kind === 'own-leg-ended' && isOwnPhone(fact.uniqueId)) this.#add(endOfOwn(fact));
    }
  }

  all(): readonly Call[] {
    this.flush();
    return this.#known.all().flatMap((known) => (isLive(known) ? known.folded.call : []));
  }

  byId(id: string): Call | undefined {
    this.flush();
    const known = this.#known.byId(id);
    return known && isLive(known) ? known.folded.call : undefined;
  }

  legsOfDevice(pbx: string, device: string): readonly DeviceLeg[] {
    this.flush();
    return this.#devices.legsOf(pbx, device);
  }

  onChange(listener: Parameters<LiveCalls['onChange']>[0]): () => void {
    return this.#listeners.add(listener);
  }

  /** Calls in progress, and ended ones whose record is not in the database yet. */
  unwritten(): EndedCall[] {
    this.flush();
    const isUnwritten = (known: Known) => isLive(known) || this.#settling.has(known.folded.call.id);
    return this.#known.all().flatMap((known) => (isUnwritten(known) ? known.folded : []));
  }

  /** Everybody's name may have changed. */
  peopleChanged(): void {
    for (const { family } of this.#ledgers.families()) this.#mark(family);
  }

  /** Folds what facts have touched. */
  flush(): void {
    if (this.#dirty.size === 0) return;
    const families = [...this.#dirty];
    this.#dirty.clear();
    for (const family of families) this.#fold(family);
  }

  /** To be called often (every `settleMs` or so): hands settled calls to the writer, forgets what is over. */
  sweep(): void {
    this.flush();
    const nowMs = this.#deps.clock.now();
    for (const [id, known] of this.#settling) {
      if (nowMs - known.family.heardAtMs < settleMs && nowMs - (known.endedHeardAtMs ?? 0) < 10 * settleMs)
        continue;
      this.#settling.delete(id);
      this.#record(known);
    }
    if (nowMs - this.#forgotAtMs < forgetEveryMs) return;
    this.#forgotAtMs = nowMs;
    for (const { ledger, family } of this.#ledgers.families()) this.#forgetIfOver(ledger, family, nowMs);
  }

  unsettled(): number {
    this.flush();
    return this.#settling.size;
  }

  /** Hands every ended call to the writer, settled or not. */
  settle(): void {
    this.flush();
    for (const known of this.#settling.values()) this.#record(known);
    this.#settling.clear();
  }

  /** Legs that were over in an earlier run of the server: what is heard of them is about calls that are written. */
  forgetLegs(legs: readonly LegKey[]): void {
    this.#ledgers.forgetLegs(legs);
  }

  /**
   * Ids of records that may have been written before it was known that theirs are parts of other calls: an earlier run of
   * the server may have been killed in between. To be asked after a replay.
   */
  strays(): string[] {
    this.flush();
    return this.#known.idsOfParts();
  }

  /** What the event log must go on keeping; `everything` when it has lost some. */
  turnPage(everything: boolean): Page {
    return this.#ledgers.turnPage(everything);
  }

  /** Of every leg of that PBX that is not over for good. */
  facts(pbx: string): TelephonyFact[] {
    return this.#ledgers.facts(pbx);
  }

  counts(): { families: number; calls: number; factsDropped: number } {
    return { ...this.#ledgers.counts(), calls: this.#known.size };
  }

  #add(fact: CallFact): void {
    const added = this.#ledgers.add(fact, this.#deps.clock.now());
    if (!added) return;
    this.factsFolded += 1;
    for (const gone of added.absorbed) this.#absorb(gone, added.family);
    this.#mark(added.family);
  }

  #mark(family: Family): void {
    this.#dirty.add(family);
    if (this.#flush || this.#dirty.size === 0) return;
    this.#flush = setTimeout(() => {
      this.#flush = null;
      this.flush();
    }, foldDelayMs);
  }

  #absorb(gone: Family, into: Family): void {
    this.#dirty.delete(gone);
    this.#known.absorb(gone, into);
    this.#devices.absorb(gone, into);
  }

  #fold(family: Family): void {
    const { calls, deviceLegs } = foldFamily(family, this.#deps.people);
    this.#devices.put(family, deviceLegs);
    for (const folded of calls) this.#take(family, folded, deviceLegs);
    const now = new Set(calls.map(({ call }) => call.id));
    for (const id of this.#known.putFamily(family, now)) this.#withdraw(id);
  }

  #take(family: Family, folded: FoldedCall, deviceLegs: readonly DeviceLeg[]): void {
    const { call } = folded;
    const devices = new Map<string, DeviceLeg>();
    for (const leg of deviceLegs) if (leg.callId === call.id) devices.set(leg.uniqueId, leg);
    const before = this.#known.byId(call.id);
    // A trimmed family knows less of a call that is over: what was recorded stays.
    if (before && before.folded.call.endedAt !== null && folded.revision < before.folded.revision) return;
    const sameCall = before !== undefined && sameValue(before.folded.call, call);
    const changed = changedDevices(before?.devices, devices);
    const known: Known = before ?? { folded, family, devices, endedHeardAtMs: null, recordedRevision: 0 };
    if (sameCall) folded.call = before.folded.call;
    Object.assign(known, { folded, family, devices });
    this.#known.put(known);
    if (call.endedAt === null) {
      known.endedHeardAtMs = null;
      this.#settling.delete(call.id);
    } else if (!sameCall || known.recordedRevision === 0) {
      known.endedHeardAtMs ??= this.#deps.clock.now();
      this.#settling.set(call.id, known);
    }
    if (sameCall && changed.length === 0) return;
    this.#tell(folded.call, call.endedAt !== null, changed);
  }

  /** What looked like a call was a part of another one. */
  #withdraw(id: string): void {
    const known = this.#known.byId(id);
    if (!known) return;
    this.#known.forget(id);
    this.#settling.delete(id);
    if (known.recordedRevision > 0) this.#deps.onWithdrawn(known.folded.call);
    this.#tell(known.folded.call, true, [
      ...new Set([...known.devices.values()].map(({ device }) => device)),
    ]);
  }

  #tell(call: Call, gone: boolean, devices: readonly string[]): void {
    this.#listeners.tell({ call, gone, pbx: call.pbx, devices });
  }

  #record(known: Known): void {
    const { call, agentIds, revision } = known.folded;
    if (revision <= known.recordedRevision) return;
    known.recordedRevision = revision;
    this.#deps.onEnded({ call, agentIds, revision });
  }

  #forgetIfOver(ledger: Ledger, family: Family, nowMs: number): void {
    if (nowMs - family.heardAtMs < lateFactsMs) return;
    const calls = this.#known.of(family);
    const done = calls.filter(
      ({ folded }) => folded.call.endedAt !== null && this.#deps.isWritten(folded.call.id),
    );
    const living = [...family.legs.values()].some(({ view }) => view.known && !view.end);
    if (done.length < calls.length || living) {
      if (done.length > 0) this.#trim(ledger, family, calls, done);
      return;
    }
    this.#drop(family, calls);
    ledger.forget(family);
  }

  /** A family that lives long (an AgentLogin line, a conference) loses the legs of calls that are over and written. */
  #trim(ledger: Ledger, family: Family, calls: readonly Known[], done: readonly Known[]): void {
    const plan = trimPlan(
      family,
      calls.map(({ folded }) => folded),
      done.map(({ folded }) => folded),
    );
    const over = done.filter(({ folded }) => plan.out.has(folded.root.uniqueId));
    if (over.length === 0) return;
    this.#drop(family, over);
    this.#dirty.delete(family);
    for (const left of ledger.trim(family, plan.out, plan.keep)) {
      const ids = calls
        .filter((known) => !over.includes(known))
        .filter(({ folded }) => left.legs.has(folded.root.uniqueId))
        .map(({ folded }) => folded.call.id);
      this.#known.putFamily(left, new Set(ids));
      this.#mark(left);
    }
  }

  #drop(family: Family, calls: readonly Known[]): void {
    this.#devices.put(family, []);
    this.#known.putFamily(family, new Set());
    for (const { folded } of calls) this.#known.forget(folded.call.id);
  }
}
