import { isOwnId, isOwnPhone } from '../../ports/telephony.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { type Dialler, deviceOf, dialFact, dialling, dialOf, dialStringOf, snapshotOf } from './cel-dials.ts';
import { factsOf, nextApp } from './cel-events.ts';
import type { CelRow } from './cel-row.ts';
import type { KnownLeg } from './known-leg.ts';

/** Legs whose beginning was read and whose end was not yet; beyond, the oldest are let go of. */
export const legsKnownMax = 50_000;

export interface CelFacts {
  /** The facts that a row tells, in their order; [] for most events of tools and of legs of ours. */
  take(row: CelRow): FactBody[];
  /** When the first row came of the oldest leg that has not ended; Infinity when there is none. */
  oldestMs(): number;
  /** Legs that have begun before `beforeMs`, are not in `living`, and have no end in the journal: taken off its list. */
  lost(living: ReadonlySet<string>, beforeMs: number): { uniqueId: string; lastSeenAtMs: number }[];
}

/**
 * Makes facts of the journal's rows: what live events would have told of a leg. It knows neither how long a phone rang,
 * nor dials, priorities and SIP codes; hold it knows by the music (STREAM_BEGIN, Asterisk 22).
 */
export function createCelFacts(): CelFacts {
  const legs = new Map<string, KnownLeg>();
  const byLinkedId = new Map<string, Set<string>>();

  function forget(uniqueId: string): void {
    const linkedId = legs.get(uniqueId)?.linkedId ?? '';
    legs.delete(uniqueId);
    const others = byLinkedId.get(linkedId);
    others?.delete(uniqueId);
    if (others?.size === 0) byLinkedId.delete(linkedId);
  }

  function knownOf(row: CelRow): KnownLeg {
    const found = legs.get(row.uniqueId);
    if (found) return found;
    if (legs.size >= legsKnownMax) forget(legs.keys().next().value!);
    const made: KnownLeg = {
      createdAtMs: row.event === 'CHAN_START' ? row.atMs : 0,
      channel: row.channel,
      linkedId: row.linkedId,
      isUp: row.event === 'CHAN_START' ? false : null,
      bridge: null,
      isHeld: false,
      app: '',
      appData: '',
      dialler: null,
      hangup: null,
      firstAtMs: row.atMs,
      lastAtMs: row.atMs,
    };
    legs.set(row.uniqueId, made);
    if (row.linkedId !== '')
      byLinkedId.set(row.linkedId, (byLinkedId.get(row.linkedId) ?? new Set()).add(row.uniqueId));
    return made;
  }

  /** Legs of the same linked id whose dialplan is ringing somebody now. */
  const diallersOf = ({ linkedId, uniqueId }: CelRow): Dialler[] =>
    linkedId === uniqueId
      ? []
      : [...(byLinkedId.get(linkedId) ?? [])].flatMap((id) => {
          const leg = legs.get(id);
          return leg && dialling.has(leg.app) ? [{ uniqueId: id, ...leg }] : [];
        });

  /** A Dial that follows another is told by a later row only: by then its leg has been made. */
  const numbersOf = ({ uniqueId, linkedId, appData }: CelRow): FactBody[] =>
    [...(byLinkedId.get(linkedId) ?? [])].flatMap((id) => {
      const leg = legs.get(id);
      const dialString = leg?.dialler === uniqueId ? dialStringOf(appData, deviceOf(leg.channel)) : '';
      return leg && dialString !== '' ? [dialFact(uniqueId, snapshotOf(id, leg), dialString)] : [];
    });

  return {
    take(row) {
      // LINKEDID_END comes after its leg's end, and tells nothing of it.
      if (isTool(row.channel) || row.event === 'LINKEDID_END') return [];
      const known = knownOf(row);
      known.lastAtMs = Math.max(known.lastAtMs, row.atMs);
      if (row.channel !== '') known.channel = row.channel;
      const before = known.appData;
      const bodies = [...nextApp(row, known), ...factsOf(row, known)];
      if (row.event === 'CHAN_START') bodies.push(...dialOf(row, known, diallersOf(row)));
      else if (known.appData !== before && known.app === 'Dial') bodies.push(...numbersOf(row));
      if (row.event === 'CHAN_END') forget(row.uniqueId);
      if (!isOwnId(row.uniqueId)) return bodies;
      return isOwnPhone(row.uniqueId) ? bodies.filter(isOfSupervisor) : [];
    },
    oldestMs: () => legs.values().next().value?.firstAtMs ?? Number.POSITIVE_INFINITY,
    lost(living, beforeMs) {
      const gone = [...legs].filter(([id, leg]) => !living.has(id) && leg.lastAtMs < beforeMs);
      for (const [uniqueId] of gone) forget(uniqueId);
      return gone
        .filter(([uniqueId, { createdAtMs }]) => createdAtMs > 0 && !isOwnId(uniqueId))
        .map(([uniqueId, { lastAtMs }]) => ({ uniqueId, lastSeenAtMs: lastAtMs }));
    },
  };
}

/** Of a supervisor's phone only what live events tell: it may take a call over, in a bridge of ours. */
const isOfSupervisor = (body: FactBody): boolean =>
  body.kind === 'leg-ended' ||
  body.kind === 'bridge-left' ||
  (body.kind === 'bridge-entered' && body.bridge === 'ours');

/** Technologies that carry no person. */
const tools =
  /^(Snoop|Announcer|Recorder|CBAnn|CBRec|ConfBridgeRecorder|Message|Surrogate|Bridge|Parked|Feature)\//;
const isTool = (channel: string): boolean => tools.test(channel);
