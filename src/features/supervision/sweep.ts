import type { Database } from '../../database/database.ts';
import type { Log } from '../../ports/log.ts';
import type { GuestLeg, TelephonyCommands } from '../../ports/telephony.ts';
import type { OpenSessions } from './open-sessions.ts';
import { parseOwnId } from './own-ids.ts';
import type { OwnOnPbx, SavedSession, Session } from './session.ts';
import { openSupervisions, type SupervisionRow } from './supervision.repository.ts';
import { sessionOfRow } from './supervision-view.ts';
import { TakeoverSession } from './takeover-session.ts';

export interface SweepDeps {
  db: Database;
  log: Log;
  sessions: OpenSessions;
  commandsOf(pbx: string): TelephonyCommands | undefined;
  /** Undefined for a PBX that is not configured. */
  restore(saved: SavedSession): Session | undefined;
  /** Legs of calls that the last sweep found without anybody; one that was just arriving is not hung up. */
  strandedBefore: Set<string>;
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
  const session = deps.restore(sessionOfRow(row));
  if (!session) return;
  deps.sessions.add(session, { hasRow: true });
  session.adopt(found);
}

/**
 * Removes what no supervision uses, and ends those whose legs are gone without our being told (a gap in the events).
 */
export async function sweep(deps: SweepDeps, pbx: string): Promise<void> {
  const commands = deps.commandsOf(pbx);
  if (!commands) return;
  // Those that begin while the PBX is asked would look as if their legs were gone.
  const open = deps.sessions
    .all()
    .filter(({ plan, state }) => plan.pbx === pbx && state.state !== 'starting');
  const found = await commands.listOwn();
  for (const session of open) session.compare(found);
  const isUsed = (id: string) => {
    const own = parseOwnId(id);
    // What is not a supervision's has another keeper.
    return !own || (deps.sessions.byId(own.supervisionId)?.uses(id) ?? false);
  };
  const legs = found.legs.filter(({ id }) => !isUsed(id));
  const stranded = found.guests.filter((guest) => isStranded(deps, guest, open));
  const guests = stranded.filter(({ uniqueId }) => deps.strandedBefore.has(uniqueId));
  deps.strandedBefore.clear();
  for (const { uniqueId } of stranded) deps.strandedBefore.add(uniqueId);
  const bridges = found.bridges.filter(({ id }) => !isUsed(id));
  if (legs.length + guests.length + bridges.length === 0) return;
  deps.log.warn(
    { pbx, legs: legs.length + guests.length, bridges: bridges.length },
    'Removing what no supervision uses',
  );
  await Promise.all([
    ...legs.map(({ id }) => commands.hangUp(id)),
    ...guests.map(({ uniqueId }) => commands.hangUp(uniqueId)),
    ...bridges.map(({ id }) => commands.destroyBridge(id)),
  ]);
}

/** A leg of a call that was taken over, and nobody is there for it any more. One that arrives just now is not yet known. */
function isStranded(
  { sessions }: SweepDeps,
  { uniqueId, name }: GuestLeg,
  open: readonly Session[],
): boolean {
  const id = parseOwnId(name)?.supervisionId;
  const session = id === undefined ? undefined : sessions.byId(id);
  if (session)
    return open.includes(session) && session instanceof TakeoverSession && !session.holds(uniqueId);
  return true;
}
