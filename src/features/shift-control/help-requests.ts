import { AppError } from '../../contract/errors.ts';
import { refusalByRights } from '../../contract/may-do.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, HelpRequests, PeopleDirectory } from '../../ports/domain.ts';
import { assertMay, seesTeams, type Viewer } from '../../ports/viewer.ts';
import {
  deleteHelpRequest,
  type HelpRow,
  readHelpRequests,
  writeHelpRequest,
} from './shift-control.repository.ts';

export interface HelpDesk extends HelpRequests {
  /** An agent asks for himself; asked again, the new words count and the time stays. Throws `not-allowed`. */
  ask(viewer: Viewer, agentId: string, text: string): Promise<void>;
  /** A supervisor takes it, or the agent needs it no more; what is not there any more is done already. */
  end(viewer: Viewer, agentId: string): Promise<void>;
  /** Reads again: requests outlive the server, and another server may have taken them. */
  reload(): Promise<void>;
}

/** Agents who ask for help. */
export function createHelpRequests(deps: {
  db: Database;
  people: PeopleDirectory;
  audit: AuditLog;
  clock: Clock;
}): HelpDesk {
  const { db, people, audit, clock } = deps;
  const listeners = new Set<(agentId: string) => void>();
  let open = new Map<string, HelpRow>();

  function take(rows: readonly HelpRow[]): void {
    const before = open;
    open = new Map(rows.map((row) => [row.agentId, row]));
    for (const agentId of new Set([...before.keys(), ...open.keys()])) {
      const [was, is] = [before.get(agentId), open.get(agentId)];
      if (was?.text === is?.text && was?.sinceMs === is?.sinceMs) continue;
      for (const listener of listeners) listener(agentId);
    }
  }
  const note = (viewer: Viewer, action: string, subjectId: string) =>
    audit.write({ actorId: viewer.personId, action, subjectId, callId: null });

  function assertMayEnd(viewer: Viewer, agentId: string): void {
    if (viewer.personId === agentId) {
      assertMay(viewer, 'agent-page');
      return;
    }
    const teamIds = people.byId(agentId)?.teams.map((team) => team.id);
    if (!teamIds || !seesTeams(viewer, teamIds)) throw new AppError('agent-not-found');
    const refused = refusalByRights('agents.control', { viewer, agent: { teamIds } });
    if (refused) throw new AppError(refused);
  }

  return {
    of(agentId) {
      const row = open.get(agentId);
      return row ? { sinceMs: row.sinceMs, text: row.text } : null;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ask(viewer, agentId, text) {
      assertMay(viewer, 'agent-page');
      if (viewer.personId !== agentId) throw new AppError('not-allowed');
      await note(viewer, 'agent.help-asked', agentId);
      await writeHelpRequest(db, { agentId, text: text.trim(), sinceMs: clock.now() });
      take(await readHelpRequests(db));
    },
    async end(viewer, agentId) {
      assertMayEnd(viewer, agentId);
      if (!open.has(agentId)) return;
      await note(viewer, viewer.personId === agentId ? 'agent.help-withdrawn' : 'agent.help-taken', agentId);
      await deleteHelpRequest(db, agentId);
      take(await readHelpRequests(db));
    },
    async reload() {
      take(await readHelpRequests(db));
    },
  };
}
