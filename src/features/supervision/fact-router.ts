import type { TelephonyCommands } from '../../ports/telephony.ts';
import type { OwnLegFact, TelephonyFact } from '../../ports/telephony-facts.ts';
import type { OpenSessions } from './open-sessions.ts';
import { parseOwnId } from './own-ids.ts';
import type { Sweeper } from './sweeper.ts';

/** Hands each fact about our own legs to its supervision, and the PBX's comings and goings to the sweeper. */
export function createFactRouter(deps: {
  sessions: OpenSessions;
  sweeper: Sweeper;
  commandsOf(pbx: string): TelephonyCommands | undefined;
  /** A customer who is in our hands, and in no supervision that is open. */
  onCustomer(pbx: string, id: string, uniqueId: string): void;
  /** Whether the PBX is this server's. */
  isHere(pbx: string): boolean;
}): (fact: TelephonyFact) => void {
  const startedAtMs = new Map<string, number>();

  function onOwnLeg(fact: OwnLegFact): void {
    if (!deps.isHere(fact.pbx)) return;
    // A phone that sent the call elsewhere answers as another channel, with our leg's name in its arguments only.
    const named = fact.kind === 'own-leg-ready' ? (parseOwnId(fact.args[0] ?? '') ?? null) : null;
    const own = parseOwnId(fact.uniqueId) ?? named;
    if (!own) return;
    const session = deps.sessions.byId(own.supervisionId);
    // One that is over may still wait for its last writing: a customer who comes back then is nobody's.
    const isOver = session?.state.state === 'ended' && own.kind === 'customer';
    if (session && !isOver) session.onLeg(fact);
    else if (fact.kind === 'own-leg-ready' && own.kind === 'customer')
      deps.onCustomer(fact.pbx, own.supervisionId, fact.uniqueId);
    else if (fact.kind === 'own-leg-ready') void deps.commandsOf(fact.pbx)?.hangUp(fact.uniqueId);
  }

  /** No leg outlives the PBX it was on. */
  function endAll(pbx: string): void {
    for (const session of deps.sessions.all()) {
      if (session.plan.pbx === pbx) void session.end('pbx-restarted');
    }
  }

  return (fact) => {
    switch (fact.kind) {
      case 'own-leg-ready':
      case 'own-leg-ringing':
      case 'own-leg-ended':
        return onOwnLeg(fact);
      case 'pbx-connected': {
        const before = startedAtMs.get(fact.pbx);
        if (before !== undefined && before !== fact.startedAtMs) endAll(fact.pbx);
        startedAtMs.set(fact.pbx, fact.startedAtMs);
        return;
      }
      case 'resynced':
        return deps.sweeper.resynced(fact.pbx);
      case 'pbx-lost':
        return deps.sweeper.lost(fact.pbx);
      default:
        return;
    }
  };
}
