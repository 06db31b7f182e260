import { sql } from 'kysely';
import type { CallMark, CallMarkKind } from '../../contract/call-marks.ts';
import type { Database } from '../../database/database.ts';

export interface MarkRow extends CallMark {
  id: string;
  callId: string;
}

/** A second open mark of the kind on the call changes nothing. */
export async function insertMark(db: Database, mark: MarkRow): Promise<void> {
  await db
    .insertInto('call_marks')
    .values({
      id: mark.id,
      call_id: mark.callId,
      kind: mark.kind,
      by_id: mark.by.id,
      by_name: mark.by.name,
      from_at: new Date(mark.from),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function endMark(db: Database, callId: string, kind: CallMarkKind, atMs: number): Promise<void> {
  await db
    .updateTable('call_marks')
    .set({ to_at: new Date(atMs) })
    .where('call_id', '=', callId)
    .where('kind', '=', kind)
    .where('to_at', 'is', null)
    .execute();
}

export async function findMarks(db: Database, callIds: readonly string[]): Promise<MarkRow[]> {
  if (callIds.length === 0) return [];
  const rows = await marks(db)
    .where('call_id', 'in', [...callIds])
    .execute();
  return rows.map(markOf);
}

/** A call that has no record yet goes on, or has only just ended: no call lasts longer than this. */
const longestCallDays = 7;
const openMax = 10_000;

/** Marks of calls that may go on. */
export async function findMarksOfOpenCalls(db: Database): Promise<MarkRow[]> {
  const rows = await marks(db)
    .where('from_at', '>', sql<Date>`now() - make_interval(days => ${longestCallDays})`)
    .where(sql<boolean>`not exists (select from calls where calls.id = call_marks.call_id)`)
    .limit(openMax)
    .execute();
  return rows.map(markOf);
}

const marks = (db: Database) =>
  db
    .selectFrom('call_marks')
    .select(['id', 'call_id', 'kind', 'by_id', 'by_name', 'from_at', 'to_at'])
    .orderBy('from_at')
    .orderBy('id');

type Row = Awaited<ReturnType<ReturnType<typeof marks>['execute']>>[number];
const markOf = (row: Row): MarkRow => ({
  id: row.id,
  callId: row.call_id,
  kind: row.kind as CallMarkKind,
  by: { id: row.by_id, name: row.by_name },
  from: row.from_at.toISOString(),
  to: row.to_at?.toISOString() ?? null,
});
