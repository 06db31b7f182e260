import { fromPbxContext, isOwnPhone } from '../../ports/telephony.ts';
import type { LegSnapshot } from '../../ports/telephony-facts.ts';
import { deviceOf, isTool, isZombie, localHalfOf } from './channel-name.ts';
import { type DialView, dialOf, isRinging } from './leg-dial.ts';
import { type LegEnd, seenEnd, unseenEnd } from './leg-end.ts';
import type { CallFact } from './leg-facts.ts';
import { endStay, enter, isOpen, leave, openStay, type Stay } from './leg-stays.ts';
import { addStep, closeSteps, endStep, type Step } from './leg-steps.ts';
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
  /** When it was made, or first heard of while nobody has told that. */
  createdAtMs: number;
  isMakingTold: boolean;
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
    isMakingTold: false,
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
      view.dial = dialOf(view.dial, fact);
      if (isRinging(fact)) view.ringingAtMs ??= fact.atMs;
      return;
    case 'bridge-entered':
      takeSnapshot(view, fact.leg, fact.atMs);
      if (enter(view.stays, fact)) view.upAtMs ??= fact.atMs;
      return;
    case 'bridge-left':
      leave(view.stays, fact, view.unseen.at(-1));
      return;
    case 'leg-hold':
      hold(view, fact.held, fact.atMs);
      return;
    case 'leg-app-ended':
      endStep(view.steps, fact);
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
      view.end ??= unseenEnd(fact);
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
  const stay = openStay(view.stays);
  takeSnapshot(view, leg, atMs);
  // A bridge it entered on this very connection it leaves by an event: bridges are read a little after legs.
  const isOther = stay && bridgeId !== undefined && bridgeId !== stay.bridgeId;
  if (isOther && stay.generation !== fact.generation) endStay(stay, atMs, fact.sequence);
  const isSame =
    beforeMs !== null && view.steps.length === steps && (stay?.bridgeId ?? null) === (bridgeId ?? null);
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
  if (leg.createdAtMs > 0) takeMaking(view, leg.createdAtMs);
  if (view.caller.number === '' && leg.caller.number !== '') view.caller.number = leg.caller.number;
  if (view.caller.name === '' && leg.caller.name !== '') view.caller.name = leg.caller.name;
  if (leg.state === 'ringing' && view.ringingAtMs === null) view.ringingAtMs = atMs;
  if (leg.state === 'up' && view.upAtMs === null) view.upAtMs = atMs;
  const { dialplan } = leg;
  if (outgoingApps.has(dialplan.app)) view.isOutgoing = true;
  if (leg.state !== 'down' || dialplan.app !== '') view.hasBegun = true;
  addStep(view.steps, { atMs, ...dialplan, queueStatus: leg.queueStatus });
}

/** Of several moments the earliest: a journal of whole seconds tells a later one than live events did. */
function takeMaking(view: LegView, atMs: number): void {
  view.createdAtMs = view.isMakingTold ? Math.min(view.createdAtMs, atMs) : atMs;
  view.isMakingTold = true;
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

function hold(view: LegView, held: boolean, atMs: number): void {
  const last = view.holds.at(-1);
  const isHeld = last !== undefined && isOpen(last);
  if (held && !isHeld) view.holds.push({ from: atMs, to: Number.POSITIVE_INFINITY });
  else if (!held && isHeld) last.to = atMs;
}

function takeEnd(view: LegView, fact: Extract<CallFact, { kind: 'leg-ended' }>): void {
  view.end = seenEnd(view.end, fact, isZombie(fact.channel));
  if (fact.channel !== '' && !view.names.includes(fact.channel)) takeName(view, fact.channel);
}

/** Nothing of a leg lasts longer than the leg. */
function close(view: LegView, endMs: number): void {
  closeSteps(view.steps, endMs);
  for (const span of [...view.stays, ...view.holds]) {
    if (span.to > endMs) span.to = Math.max(span.from, endMs);
  }
}
