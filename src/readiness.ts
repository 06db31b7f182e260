import type { Database } from './database/database.ts';

/** What /readyz says: the database answers, each PBX was tried, and the server is not about to end. */
export async function readiness(
  db: Database,
  {
    pbxTried,
    isDraining,
    pbxsHere,
    isRead,
  }: {
    pbxTried: boolean;
    isDraining: boolean;
    /** Null where there is one server only. */
    pbxsHere: string[] | null;
    /** Whether that PBX was read since it came here. */
    isRead(pbx: string): boolean;
  },
): Promise<{ ready: boolean; checks: Record<string, string> }> {
  const answered = await db
    .selectFrom('teams')
    .select('id')
    .limit(1)
    .execute()
    .then(
      () => true,
      () => false,
    );
  const listed = (names: string[]) => names.join(' ') || 'none';
  return {
    ready: answered && pbxTried && !isDraining,
    checks: {
      database: answered ? 'answers' : 'does not answer',
      pbx: pbxTried ? 'tried' : 'not tried yet',
      ...(pbxsHere && { pbxsHere: listed(pbxsHere), pbxsRead: listed(pbxsHere.filter(isRead)) }),
      ...(isDraining ? { server: 'is stopping' } : {}),
    },
  };
}
