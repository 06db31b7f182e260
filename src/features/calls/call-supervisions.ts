import { sql } from 'kysely';
import type { Call } from '../../contract/calls.ts';
import type { Database } from '../../database/database.ts';
import type { LiveSupervisions } from '../../ports/domain.ts';

type Supervised = Call['supervisions'][number];
interface Row {
  callId: string;
  id: string;
  personId: string;
  personName: string;
  mode: string;
  from: string;
  to: string | null;
}

/** Who supervised which of these calls: kept acts, and those that go on now. */
export async function supervisionsOf(
  db: Database,
  callIds: readonly string[],
  live: Pick<LiveSupervisions, 'all'> | undefined,
): Promise<(callId: string) => Supervised[]> {
  const byCall = new Map<string, Map<string, Supervised>>();
  const put = (callId: string, supervision: Supervised) => {
    const there = byCall.get(callId) ?? new Map<string, Supervised>();
    byCall.set(callId, there.set(supervision.id, supervision));
  };
  if (callIds.length > 0) {
    for (const row of await keptActs(db, callIds)) {
      const by = { id: row.personId, name: row.personName };
      put(row.callId, { id: row.id, by, mode: row.mode, from: row.from, to: row.to });
    }
  }
  for (const { id, by, mode, calls } of live?.all() ?? []) {
    for (const { callId, from, to } of calls) put(callId, { id, by, mode, from, to });
  }
  return (callId) =>
    [...(byCall.get(callId)?.values() ?? [])].sort((a, b) =>
      a.from < b.from ? -1 : a.from > b.from ? 1 : 0,
    );
}

async function keptActs(db: Database, callIds: readonly string[]): Promise<Row[]> {
  const found = await sql<Row>`
    select wanted.id as "callId", s.id, s.person_id as "personId", s.person_name as "personName", s.mode,
      part->>'from' as "from", part->>'to' as "to"
    from unnest(${callIds}::uuid[]) wanted(id)
    join supervisions s on s.calls @> jsonb_build_array(jsonb_build_object('callId', wanted.id))
    cross join lateral jsonb_array_elements(s.calls) part
    where part->>'callId' = wanted.id::text and part->>'from' is not null`.execute(db);
  return found.rows;
}
