import type { Database } from '../../database/database.ts';
import type { Log } from '../../ports/log.ts';
import type { OwnBridge, OwnLeg, TelephonyCommands } from '../../ports/telephony.ts';
import type { OpenSessions } from './open-sessions.ts';
import { bridgeIdOf, parseOwnId, phoneLegIdOf, snoopLegIdOf } from './own-ids.ts';
import type { SessionPlan } from './session-parts.ts';
import type { SessionState } from './session-state.ts';
import { openSupervisions, type SupervisionRow } from './supervision.repository.ts';
import type { SupervisionSession } from './supervision-session.ts';
import { sessionOfRow } from './supervision-view.ts';

export interface SweepDeps {
  db: Database;
  log: Log;
  sessions: OpenSessions;
  commandsOf(pbx: string): TelephonyCommands | undefined;
  restore(plan: SessionPlan, state: SessionState): SupervisionSession | undefined;
}

interface OwnOnPbx {
  legs: OwnLeg[];
  bridges: OwnBridge[];
}

/** Snoop number in the supervision's bridge beside the supervisor's leg; null when the two are not together there. */
export function joinedSnoop(supervisionId: string, { legs, bridges }: OwnOnPbx): number | null {
  const phoneId = phoneLegIdOf(supervisionId, 1);
  const bridge = bridges.find(({ id }) => id === bridgeIdOf(supervisionId));
  if (!bridge?.legIds.includes(phoneId) || !legs.some(({ id }) => id === phoneId)) return null;
  const snoops = bridge.legIds.map(parseOwnId).filter((own) => own?.kind === 'snoop');
  return snoops.length === 1 ? snoops[0]!.n : null;
}

/**
 * Takes up every supervision that the database still holds open, as an earlier run of the server left it. Those found
 * live on the PBX go on; all others are ended. Throws when the PBX or the database does not answer: try again.
 */
export async function adoptOrEnd(deps: SweepDeps, pbx: string): Promise<void> {
  const commands = deps.commandsOf(pbx);
  const rows = (await openSupervisions(deps.db)).filter(
    (row) => row.pbx === pbx && !deps.sessions.byId(row.id),
  );
  if (!commands || rows.length === 0) return;
  const found = await commands.listOwn();
  for (const row of rows) takeUp(deps, row, found);
}

function takeUp(deps: SweepDeps, row: SupervisionRow, found: OwnOnPbx): void {
  const snoop = row.state === 'live' ? joinedSnoop(row.id, found) : null;
  const { plan, state } = sessionOfRow(row, snoop ?? 1);
  const isOpen = state.state === 'live' || state.state === 'starting';
  const session = deps.restore(plan, isOpen ? state : { ...state, state: 'live' });
  if (!session) return;
  deps.sessions.add(session, { hasRow: true });
  session.adopt();
  if (snoop === null)
    void session.end(row.state === 'live' ? 'lost' : (state.endedBecause ?? 'server-stopped'));
  else deps.log.info({ supervisionId: row.id, mode: state.mode }, 'A supervision goes on after a restart');
}

/**
 * Removes what no supervision uses, and ends those whose legs are gone without our being told (a gap in the events).
 */
export async function sweep(deps: SweepDeps, pbx: string): Promise<void> {
  const commands = deps.commandsOf(pbx);
  if (!commands) return;
  const live = deps.sessions.all().filter(({ plan, state }) => plan.pbx === pbx && state.state === 'live');
  const found = await commands.listOwn();
  for (const session of live) {
    const isThere = (id: string) => found.legs.some((leg) => leg.id === id);
    const { plan, state } = session;
    if (!isThere(phoneLegIdOf(plan.id, 1))) void session.end('lost');
    else if (!isThere(snoopLegIdOf(plan.id, state.snoop))) void session.end('call-ended');
  }
  const isUsed = (id: string) => {
    const own = parseOwnId(id);
    // What is not a supervision's has another keeper.
    return !own || (deps.sessions.byId(own.supervisionId)?.uses(id) ?? false);
  };
  const legs = found.legs.filter(({ id }) => !isUsed(id));
  const bridges = found.bridges.filter(({ id }) => !isUsed(id));
  if (legs.length + bridges.length === 0) return;
  deps.log.warn({ pbx, legs: legs.length, bridges: bridges.length }, 'Removing what no supervision uses');
  await Promise.all([
    ...legs.map(({ id }) => commands.hangUp(id)),
    ...bridges.map(({ id }) => commands.destroyBridge(id)),
  ]);
}
