import { v7 } from 'uuid';
import type { NamedRef } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import type { TeamEdit } from '../../contract/teams.ts';
import type { Database } from '../../database/database.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, seesTeams, type Viewer } from '../../ports/viewer.ts';
import { asTaken } from './people.repository.ts';

/** The verbs of `/api/teams`. `onChange` settles when people and queues were read again. */
export function createTeamsService(deps: { db: Database; audit: AuditLog; onChange(): Promise<void> }) {
  const { db, onChange } = deps;
  /** As the last step before the commit: without the entry nothing changes. */
  const record = (viewer: Viewer, action: string, teamId: string) =>
    deps.audit.write({
      actorId: viewer.personId,
      action,
      subjectId: null,
      callId: null,
      details: { teamId },
    });
  return {
    async list(viewer: Viewer): Promise<NamedRef[]> {
      assertMay(viewer, 'agents.view');
      const teams = await db.selectFrom('teams').select(['id', 'name']).orderBy('name').execute();
      return teams.filter((team) => seesTeams(viewer, [team.id]));
    },
    async add(viewer: Viewer, { name }: TeamEdit): Promise<NamedRef> {
      assertMay(viewer, 'teams.edit');
      const team = { id: v7(), name: name.trim() };
      await db.transaction().execute(async (tx) => {
        await tx
          .insertInto('teams')
          .values(team)
          .execute()
          .catch(asTaken(`the team ${team.name}`));
        await record(viewer, 'team.created', team.id);
      });
      return team;
    },
    async rename(viewer: Viewer, id: string, { name }: TeamEdit): Promise<NamedRef> {
      assertMay(viewer, 'teams.edit');
      const team = { id, name: name.trim() };
      await db.transaction().execute(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('teams')
          .set({ name: team.name })
          .where('id', '=', id)
          .executeTakeFirst()
          .catch(asTaken(`the team ${team.name}`));
        if (numUpdatedRows === 0n) throw teamNotFound(id);
        await record(viewer, 'team.renamed', id);
      });
      await onChange();
      return team;
    },
    async remove(viewer: Viewer, id: string): Promise<void> {
      assertMay(viewer, 'teams.edit');
      await db.transaction().execute(async (tx) => {
        const { numDeletedRows } = await tx.deleteFrom('teams').where('id', '=', id).executeTakeFirst();
        if (numDeletedRows === 0n) throw teamNotFound(id);
        await record(viewer, 'team.removed', id);
      });
      await onChange();
    },
  };
}
export type TeamsService = ReturnType<typeof createTeamsService>;

const teamNotFound = (id: string): AppError => new AppError('not-found', `There is no team ${id}`);
