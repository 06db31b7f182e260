import type { AriEvent, Bridge, Channel } from '../../src/asterisk-ari-client/index.ts';
import type { BridgeKind, LegFact, LegSnapshot } from '../../src/ports/telephony-facts.ts';
import { bridgeOf, channelOf, eventOf } from './ari-words.ts';
import type { Tape } from './tape.ts';

/** A PBX that plays tapes: it knows what lives on it now, and tells whoever listens what happens. */
export interface FakePbx {
  startedAtMs: number;
  isReachable: boolean;
  /** The lines of its own journal: a file that outlives everything. */
  readonly journal: string[];
  /** Listeners of its events, one at most; null while nobody is connected. */
  listener: ((event: AriEvent) => void) | null;
  channels(): Channel[];
  bridges(): Bridge[];
  /** The next thing on any tape happens. */
  happen(tape: Tape, fact: LegFact): void;
  /** The next line of its journal is written. */
  write(tape: Tape, line: string): void;
  /** Asterisk dies: every channel is gone, nobody is told. Tapes that had begun play no further. */
  restart(nowMs: number): void;
  isDead(tape: Tape): boolean;
}

export function createFakePbx(startedAtMs: number): FakePbx {
  const legs = new Map<string, LegSnapshot>();
  const bridges = new Map<string, { kind: BridgeKind; members: Set<string> }>();
  const begun = new Set<Tape>();
  const dead = new Set<Tape>();

  function keep(fact: LegFact): void {
    if ('leg' in fact) legs.set(fact.leg.uniqueId, fact.leg);
    if (fact.kind === 'dial' && legs.has(fact.peer.uniqueId)) legs.set(fact.peer.uniqueId, fact.peer);
    if (fact.kind === 'bridge-entered') {
      const bridge = bridges.get(fact.bridgeId) ?? { kind: fact.bridge, members: new Set() };
      bridges.set(fact.bridgeId, bridge);
      bridge.members.add(fact.uniqueId);
    }
    if (fact.kind === 'bridge-left') {
      const bridge = bridges.get(fact.bridgeId);
      bridge?.members.delete(fact.uniqueId);
      if (bridge?.members.size === 0) bridges.delete(fact.bridgeId);
    }
    if (fact.kind === 'leg-ended') legs.delete(fact.uniqueId);
  }

  const pbx: FakePbx = {
    startedAtMs,
    isReachable: true,
    journal: [],
    listener: null,
    channels: () => [...legs.values()].map((leg) => channelOf(leg)),
    bridges: () => [...bridges].map(([id, { kind, members }]) => bridgeOf(id, kind, [...members])),
    happen(tape, fact) {
      if (dead.has(tape)) return;
      begun.add(tape);
      const event = eventOf(fact, legs);
      keep(fact);
      if (event) pbx.listener?.(event);
    },
    write(tape, line) {
      if (!dead.has(tape)) pbx.journal.push(line);
    },
    restart(nowMs) {
      legs.clear();
      bridges.clear();
      for (const tape of begun) dead.add(tape);
      pbx.startedAtMs = nowMs;
    },
    isDead: (tape) => dead.has(tape),
  };
  return pbx;
}
