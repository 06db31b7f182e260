import type { BridgeKind, LegFact, PresenceFact, TelephonyFact } from '../../ports/telephony-facts.ts';
import { type LegView, viewOf } from './leg-view.ts';

/** What calls are folded from. */
export type CallFact = LegFact | Extract<PresenceFact, { kind: 'queue-caller-joined' }>;

/**
 * The facts of one leg, sorted by time and deduplicated as they come in: the order in which they were heard leaves no
 * trace.
 */
export class LegFacts {
  readonly uniqueId: string;
  readonly facts: CallFact[] = [];
  /** Those heard since the last turn of the log's page, and those of the page before. */
  heard: CallFact[] = [];
  heardBefore: CallFact[] = [];
  #view: LegView | null = null;

  constructor(uniqueId: string) {
    this.uniqueId = uniqueId;
  }

  get view(): LegView {
    this.#view ??= viewOf(this.uniqueId, this.facts);
    return this.#view;
  }

  /**
   * To be called when the log turns a page: the facts that only the page knows which is let go of now. `everything`: all
   * of them, whichever page they are on.
   */
  turnPage(everything: boolean): readonly CallFact[] {
    const carried = everything ? [...this.facts] : this.heardBefore;
    this.heardBefore = everything ? [] : this.heard;
    this.heard = [];
    return carried;
  }

  /** Takes the place of one that knew more facts: these are on the same pages of the log. */
  follow(before: LegFacts): void {
    const kept = new Set(this.facts);
    this.heard = before.heard.filter((fact) => kept.has(fact));
    this.heardBefore = before.heardBefore.filter((fact) => kept.has(fact));
  }

  /** False when the very same fact was here already. */
  add(fact: CallFact): boolean {
    let at = this.facts.length;
    while (at > 0) {
      const order = compareFacts(this.facts[at - 1]!, fact);
      if (order === 0) return false;
      if (order < 0) break;
      at -= 1;
    }
    if (at === this.facts.length) this.facts.push(fact);
    else this.facts.splice(at, 0, fact);
    this.heard.push(fact);
    this.#view = null;
    return true;
  }
}

/** By time, then as read; 0 only for the same fact. */
export function compareFacts(a: CallFact, b: CallFact): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.generation - b.generation || a.sequence - b.sequence;
}

/** The leg a fact is about; for a dial the one that is rung, for a transfer the first of the transferer. */
export function mainLegOf(fact: CallFact): string {
  switch (fact.kind) {
    case 'leg-created':
    case 'leg-seen':
    case 'leg-state':
    case 'leg-dialplan':
    case 'leg-identity':
      return fact.leg.uniqueId;
    case 'dial':
      return fact.peer.uniqueId;
    case 'blind-transfer':
      return fact.transfererUniqueId;
    case 'attended-transfer':
      return fact.transferer1UniqueId;
    default:
      return fact.uniqueId;
  }
}

const peopleMeetIn: ReadonlySet<BridgeKind> = new Set(['mixing', 'conference', 'ours']);

/** The other legs and things that a fact ties to its leg, as keys of the ledger. */
export function tiesOf(fact: CallFact): string[] {
  switch (fact.kind) {
    case 'leg-created':
      return fact.leg.linkedId === '' || fact.leg.linkedId === fact.leg.uniqueId ? [] : [fact.leg.linkedId];
    case 'leg-seen': {
      const outgoing = fact.leg.dialplan.app.startsWith('App');
      return outgoing && fact.leg.linkedId !== '' ? [fact.leg.linkedId] : [];
    }
    case 'dial':
      return [fact.callerUniqueId, fact.forwardedUniqueId].filter((id) => id !== null);
    case 'bridge-entered':
      return peopleMeetIn.has(fact.bridge) ? [`bridge:${fact.bridgeId}`] : [];
    case 'blind-transfer':
      return [fact.transfereeUniqueId, fact.replacedUniqueId].filter((id) => id !== null);
    case 'attended-transfer':
      return [fact.transferer2UniqueId, fact.transfereeUniqueId, fact.targetUniqueId].filter(
        (id) => id !== null,
      );
    default:
      return [];
  }
}

/** Whether calls are folded from it. */
export function isCallFact(fact: TelephonyFact): fact is CallFact {
  switch (fact.kind) {
    case 'leg-created':
    case 'leg-seen':
    case 'leg-state':
    case 'leg-dialplan':
    case 'leg-identity':
    case 'leg-ended':
    case 'leg-vanished':
    case 'leg-hold':
    case 'leg-app-ended':
    case 'dial':
    case 'bridge-entered':
    case 'bridge-left':
    case 'blind-transfer':
    case 'attended-transfer':
    case 'queue-caller-joined':
      return true;
    default:
      return false;
  }
}
