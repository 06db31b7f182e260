import type { Queue, QueueEdit } from '../../contract/queues.ts';
import type { Database } from '../../database/database.ts';
import { chosenPbx } from '../../ports/chosen-pbx.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, seesTeams, type Viewer } from '../../ports/viewer.ts';
import { ensureTeams } from './people.repository.ts';
import { readQueues, writeQueue } from './queues.repository.ts';

export interface QueuesDeps {
  db: Database;
  pbxNames: readonly string[];
  audit: AuditLog;
  onChange(): Promise<void>;
}

/** The verbs of `/api/queues`. `onChange` settles when the live queues were read again. */
export function createQueuesService({ db, pbxNames, audit, onChange }: QueuesDeps) {
  return {
    async list(viewer: Viewer): Promise<Queue[]> {
      assertMay(viewer, 'agents.view');
      return (await readQueues(db, pbxNames)).filter(
        ({ teams }) =>
          teams.length === 0 ||
          seesTeams(
            viewer,
            teams.map((team) => team.id),
          ),
      );
    },
    /** Sets up a queue, whether its PBX has named it yet or not. */
    async set(viewer: Viewer, id: string, { pbx: asked, ...edit }: QueueEdit): Promise<Queue> {
      assertMay(viewer, 'queues.edit');
      const pbx = chosenPbx(pbxNames, asked);
      const { name, serviceLevelTargetMs, teams } = edit;
      await db.transaction().execute(async (tx) => {
        const teamIds = teams ? await ensureTeams(tx, teams) : null;
        await writeQueue(tx, { pbx, id, name: name?.trim(), serviceLevelTargetMs, teamIds });
        // The last step before the commit: without the entry nothing changes.
        await audit.write({
          actorId: viewer.personId,
          action: 'queue.changed',
          subjectId: null,
          callId: null,
          details: { pbx, queue: id, fields: Object.keys(edit) },
        });
      });
      await onChange();
      return (await readQueues(db, [pbx])).find((queue) => queue.id === id)!;
    },
  };
}
export type QueuesService = ReturnType<typeof createQueuesService>;
