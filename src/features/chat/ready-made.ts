import type { ReadyMade } from '../../contract/chat.ts';
import type { Database } from '../../database/database.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';

/** Messages that are inserted with one click; the same for the whole installation. */
export function createReadyMade({ db, audit }: { db: Database; audit: AuditLog }) {
  return {
    async get(viewer: Viewer): Promise<ReadyMade> {
      assertMay(viewer, 'chat.write');
      const rows = await db.selectFrom('chat_ready_made').select('text').orderBy('position').execute();
      return { items: rows.map(({ text }) => text) };
    },
    async set(viewer: Viewer, { items }: ReadyMade): Promise<ReadyMade> {
      assertMay(viewer, 'chat.read-all');
      const about = { actorId: viewer.personId, subjectId: null, callId: null };
      await audit.write({ ...about, action: 'chat.ready-made-changed' });
      const texts = items.map((text) => text.toWellFormed().trim());
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom('chat_ready_made').execute();
        const rows = texts.map((text, position) => ({ text, position }));
        if (rows.length > 0) await tx.insertInto('chat_ready_made').values(rows).execute();
      });
      return { items: texts };
    },
  };
}
