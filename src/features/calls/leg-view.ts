import { fromPbxContext, isOwnPhone } from '../../ports/telephony.ts';
import type { BridgeKind, Dialplan, LegSnapshot } from '../../ports/telephony-facts.ts';
import { deviceOf, isTool, isZombie, localHalfOf } from './channel-name.ts';
import type { CallFact } from './leg-facts.ts';
import { withoutRepeats } from './live-cover.ts';
import type { Span } from './spans.ts';

/** One leg as all its facts tell it: what calls are made of. */
export interface LegView {
  uniqueId: string;
  /** Its name now; a picked-up leg takes the name of who picked it up. */
  channel: string;
  /** Every name it had: a hangup source names one of them. */
  names: string[];
  device: string;
  local: { pair: string; half: 1 | 2 } | null;
  isTool: boolean;
  /** A supervisor's phone that we rang: party to a call only where he took one over. */
  isOwn: boolean;
  /** False while only side facts (a hold, a leaving) were heard of it. */
  known: boolean;
  linkedId: string;
  createdAtMs: number;
  /** First sign that its phone rings, by leg state or dial progress. */
  ringingAtMs: number | null;
  upAtMs: number | null;
  end: LegEnd | null;
  caller: { number: string; name: string };
  steps: Step[];
  holds: Span[];
  stays: Stay[];
  dial: DialView | null;
  /** It has been more than a channel just made: it dialled in, rang, or its dialplan ran. */
  hasBegun: boolean;
  /** Its linked id when it was made: the leg on whose behalf, itself for a first leg. '' when that was not heard. */
  madeFor: string;
  /** The PBX made it by a dial, even if that dial itself was not heard of. */
  isOutgoing: boolean;
  transfers: Transfer[];
  /** Entries into queues with the place there (AMI only). */
  queueJoins: { queue: string; position: number; atMs: number }[];
  lastFactAtMs: number;
  /** Stretches of its life in which nobody listened to the PBX, and no journal has told of it since. */
  unseen: Unseen[];
  /** How it came to be was heard. */
  beganSeen: boolean;
  /** The id of the call it begins, once somebody has asked: hashing is slow. */
  callId: string | null;
}
export interface Unseen extends Span {
  /** It was found as it had been left: in the same step, in the same bridge. */
  isSame: boolean;
}
export interface LegEnd {
  atMs: number;
  cause: number;
  sipCode: number | null;
  hangupSource: string;
  /** Whether '' above says that no party hung up. */
  sourceKnown: boolean;
  /** `vanished`: nobody saw it end; `restarted`: the PBX stopped under it. */
  how: 'seen' | 'vanished' | 'restarted';
  lastSeenAtMs: number | null;
  /** Live events told it, not a journal alone. */
  isLive: boolean;
  /** Its person was swapped into another leg (pickup). */
  swapped: boolean;
}
export interface Step extends Dialplan {
  atMs: number;
  /** QUEUESTATUS at that moment, where the PBX sends it. */
  queueStatus: string | undefined;
}
export interface Stay extends Span {
  bridgeId: string;
  kind: BridgeKind;
  /** Rank of its leaving among facts of the same millisecond; Infinity while inside. */
  leftOrder: number;
}
export interface DialView {
  /** null: nobody's leg dialled (an originate). */
  by: string | null;
  atMs: number;
  endedAtMs: number | null;
  dialString: string;
  status: Extract<CallFact, { kind: 'dial' }>['status'];
  forward: string;
}
export interface Transfer {
  atMs: number;
  kind: 'blind' | 'attended';
  /** The transferer's legs. */
  by: string[];
}

/** Pure. `facts` are sorted and of one leg: those in which it is the main party. */
export function viewOf(uniqueId: string, facts: readonly CallFact[]): LegView {
  const view: LegView = {
    uniqueId,
    channel: '',
    names: [],
    device: '',
    local: null,
    isTool: false,
    isOwn: isOwnPhone(uniqueId),
    known: false,
    linkedId: '',
    createdAtMs: facts[0]?.atMs ?? 0,
    ringingAtMs: null,
    upAtMs: null,
    end: null,
    caller: { number: '', name: '' },
    steps: [],
    holds: [],
    stays: [],
    dial: null,
    hasBegun: false,
    madeFor: '',
    isOutgoing: false,
    transfers: [],
    queueJoins: [],
    lastFactAtMs: facts.at(-1)?.atMs ?? 0,
    unseen: [],
    beganSeen: facts.some(({ kind }) => kind === 'leg-created' || kind === 'dial'),
    callId: null,
  };
  let beforeMs: number | null = null;
  for (const fact of withoutRepeats(facts)) {
    if (fact.kind === 'leg-seen') find(view, fact, beforeMs);
    else apply(view, fact);
    beforeMs = fact.atMs;
  }
  // Of our own legs another kind of fact tells the beginning.
  if (!view.beganSeen && !view.isOwn && view.unseen.length === 0 && facts[0])
    view.unseen.push({ from: view.createdAtMs, to: facts[0].atMs, isSame: false });
  view.unseen = view.unseen.filter((span) => !isJournaled(facts, span));
  // Another PBX rings a supervisor's phone here, for its own call.
  if (view.steps.some(({ context }) => context.startsWith(fromPbxContext))) view.isTool = true;
  if (view.end) close(view, view.end.atMs);
  return view;
}

function apply(view: LegView, fact: CallFact): void {
  switch (fact.kind) {
    case 'leg-created':
      view.madeFor = fact.leg.linkedId;
      takeSnapshot(view, fact.leg, fact.atMs);
      return;
    case 'leg-state':
    case 'leg-dialplan':
    case 'leg-identity':
      takeSnapshot(view, fact.leg, fact.atMs);
      return;
    case 'dial':
      takeSnapshot(view, fact.peer, fact.atMs);
      takeDial(view, fact);
      return;
    case 'bridge-entered':
      takeSnapshot(view, fact.leg, fact.atMs);
      enter(view, fact);
      return;
    case 'bridge-left':
      leave(view, fact.bridgeId, fact.atMs, fact.sequence);
      return;
    case 'leg-hold':
      hold(view, fact.held, fact.atMs);
      return;
    case 'leg-app-ended':
      endStep(view, fact);
      return;
    case 'leg-ended':
      takeEnd(view, fact);
      return;
    case 'leg-seen':
      return;
    case 'leg-vanished':
      if (!view.end || view.end.atMs > fact.lastSeenAtMs)
        view.unseen.push({ from: fact.lastSeenAtMs, to: fact.atMs, isSame: false });
      // It was over when this was first known; that it is still over is no news.
      if (view.end) return;
      view.end = {
        atMs: fact.atMs,
        cause: 0,
        sipCode: null,
        hangupSource: '',
        sourceKnown: false,
        how: fact.becauseRestarted ? 'restarted' : 'vanished',
        lastSeenAtMs: fact.lastSeenAtMs,
        isLive: false,
        swapped: false,
      };
      return;
    case 'blind-transfer':
      if (fact.succeeded)
        view.transfers.push({ atMs: fact.atMs, kind: 'blind', by: [fact.transfererUniqueId] });
      return;
    case 'attended-transfer':
      if (fact.succeeded) {
        const by = [fact.transferer1UniqueId, fact.transferer2UniqueId];
        view.transfers.push({ atMs: fact.atMs, kind: 'attended', by });
      }
      return;
    case 'queue-caller-joined':
      view.queueJoins.push({ queue: fact.queue, position: fact.position, atMs: fact.atMs });
      return;
    default:
      fact satisfies never;
  }
}

/** Its whole state after a time in which nobody listened: what it is no longer in, it has left unseen. */
function find(view: LegView, fact: Extract<CallFact, { kind: 'leg-seen' }>, beforeMs: number | null): void {
  const { bridgeId, unseenSinceMs = 0, leg, atMs } = fact;
  const steps = view.steps.length;
  const stay = view.stays.at(-1);
  const openStay = stay && stay.to === Number.POSITIVE_INFINITY ? stay : null;
  takeSnapshot(view, leg, atMs);
  if (openStay && bridgeId !== undefined && bridgeId !== openStay.bridgeId) {
    openStay.to = atMs;
    openStay.leftOrder = fact.sequence;
  }
  const isSame =
    beforeMs !== null && view.steps.length === steps && (openStay?.bridgeId ?? null) === (bridgeId ?? null);
  const from = Math.max(unseenSinceMs, beforeMs ?? view.createdAtMs);
  if (from < atMs) view.unseen.push({ from, to: atMs, isSame });
}

/** The journal was followed since before, so it has told what nobody heard. */
const isJournaled = (facts: readonly CallFact[], span: Span): boolean =>
  facts.some(
    ({ source, kind, atMs }) =>
      source === 'cel' && kind !== 'leg-ended' && (kind === 'leg-created' || atMs <= span.from),
  );

function takeSnapshot(view: LegView, leg: LegSnapshot, atMs: number): void {
  view.known = true;
  if (view.channel !== leg.channel && leg.channel !== '') takeName(view, leg.channel);
  if (view.linkedId === '') view.linkedId = leg.linkedId;
  if (leg.createdAtMs > 0) view.createdAtMs = leg.createdAtMs;
  if (view.caller.number === '' && leg.caller.number !== '') view.caller.number = leg.caller.number;
  if (view.caller.name === '' && leg.caller.name !== '') view.caller.name = leg.caller.name;
  if (leg.state === 'ringing' && view.ringingAtMs === null) view.ringingAtMs = atMs;
  if (leg.state === 'up' && view.upAtMs === null) view.upAtMs = atMs;
  const { dialplan } = leg;
  if (outgoingApps.has(dialplan.app)) view.isOutgoing = true;
  if (leg.state !== 'down' || dialplan.app !== '') view.hasBegun = true;
  if (!isSameStep(view.steps.at(-1), dialplan))
    view.steps.push({ atMs, ...dialplan, queueStatus: leg.queueStatus });
}

/** A journal knows no priorities: 0 fits any. */
const isSameStep = (last: Step | undefined, next: Dialplan): boolean =>
  last !== undefined &&
  last.app === next.app &&
  last.appData === next.appData &&
  (last.priority === next.priority || last.priority === 0 || next.priority === 0) &&
  last.exten === next.exten &&
  last.context === next.context;

/** Only of the step the leg is in: where live events have told the next one already, it says nothing new. */
function endStep(view: LegView, { app, atMs }: Extract<CallFact, { kind: 'leg-app-ended' }>): void {
  const last = view.steps.at(-1);
  if (last?.app === app)
    view.steps.push({ ...last, atMs, priority: 0, app: '', appData: '', queueStatus: undefined });
}

/** What the PBX says a leg is in that a leg dialled. `AppDial2` is none of them: nobody's leg made it (an originate). */
const outgoingApps = new Set(['AppDial', 'AppQueue']);

function takeName(view: LegView, channel: string): void {
  view.names.push(channel);
  if (isZombie(channel)) return;
  view.channel = channel;
  view.device = deviceOf(channel);
  view.local = localHalfOf(channel);
  view.isTool = isTool(channel);
}

function takeDial(view: LegView, fact: Extract<CallFact, { kind: 'dial' }>): void {
  view.dial ??= {
    by: fact.callerUniqueId,
    atMs: fact.atMs,
    endedAtMs: null,
    dialString: '',
    status: '',
    forward: '',
  };
  const { dial } = view;
  dial.by ??= fact.callerUniqueId;
  if (fact.dialString !== '') dial.dialString = fact.dialString;
  if (fact.forward !== '') dial.forward = fact.forward;
  switch (fact.status) {
    case '':
      return;
    case 'RINGING':
    case 'PROGRESS':
      view.ringingAtMs ??= fact.atMs;
      return;
    case 'PROCEEDING':
      return;
    default:
      dial.endedAtMs ??= fact.atMs;
      if (dial.status === '') dial.status = fact.status;
  }
}

/** A leg is in one bridge at a time; being found again in the same one (a resync, a journal) is no second stay. */
function enter(view: LegView, fact: Extract<CallFact, { kind: 'bridge-entered' }>): void {
  const last = view.stays.at(-1);
  if (last && last.to === Number.POSITIVE_INFINITY) {
    if (last.bridgeId === fact.bridgeId) return;
    last.to = fact.atMs;
    last.leftOrder = fact.sequence;
  }
  view.stays.push({
    bridgeId: fact.bridgeId,
    kind: fact.bridge,
    from: fact.atMs,
    to: Number.POSITIVE_INFINITY,
    leftOrder: Number.POSITIVE_INFINITY,
  });
  view.upAtMs ??= fact.atMs;
}

function leave(view: LegView, bridgeId: string, atMs: number, order: number): void {
  const stay = view.stays.findLast((one) => one.bridgeId === bridgeId);
  const unseen = view.unseen.at(-1);
  // It left between two readings of a resync: it had been in there, since when nobody knows.
  if (!stay && unseen && (view.stays.at(-1)?.to ?? 0) <= unseen.to)
    view.stays.push({ bridgeId, kind: 'mixing', from: unseen.to, to: atMs, leftOrder: order });
  if (!stay || stay.to !== Number.POSITIVE_INFINITY) return;
  stay.to = atMs;
  stay.leftOrder = order;
}

function hold(view: LegView, held: boolean, atMs: number): void {
  const last = view.holds.at(-1);
  const isHeld = last !== undefined && last.to === Number.POSITIVE_INFINITY;
  if (held && !isHeld) view.holds.push({ from: atMs, to: Number.POSITIVE_INFINITY });
  else if (!held && isHeld) last.to = atMs;
}

/** The PBX's journal beats live events on who hung up, and an end that was seen beats one that was not. */
function takeEnd(view: LegView, fact: Extract<CallFact, { kind: 'leg-ended' }>): void {
  const before = view.end?.how === 'seen' ? view.end : null;
  const journal = fact.source === 'cel';
  view.end = {
    // A database may hold whole seconds only: the moment is the live event's, where there is one.
    atMs: before && (before.isLive || journal) ? before.atMs : fact.atMs,
    cause: (journal ? fact.cause || before?.cause : before?.cause || fact.cause) ?? 0,
    sipCode: before?.sipCode ?? fact.sipCode,
    hangupSource:
      (journal ? fact.hangupSource || before?.hangupSource : before?.hangupSource || fact.hangupSource) ?? '',
    sourceKnown: fact.hangupSourceKnown === true || before?.sourceKnown === true,
    how: 'seen',
    lastSeenAtMs: null,
    isLive: !journal || before?.isLive === true,
    swapped: isZombie(fact.channel) || before?.swapped === true,
  };
  if (fact.channel !== '' && !view.names.includes(fact.channel)) takeName(view, fact.channel);
}

/** An application that lets go of a leg as it is hung up is the one it was hung up in. */
const letGoMaxMs = 100;

/** Nothing of a leg lasts longer than the leg. */
function close(view: LegView, endMs: number): void {
  const last = view.steps.at(-1);
  const isLetGo = last?.app === '' && view.steps.length > 1 && endMs - last.atMs <= letGoMaxMs;
  if (isLetGo) view.steps.pop();
  for (const span of [...view.stays, ...view.holds]) {
    if (span.to > endMs) span.to = Math.max(span.from, endMs);
  }
}
