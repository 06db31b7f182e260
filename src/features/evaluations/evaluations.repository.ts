import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Criterion, Evaluation, EvaluationFilters, Grid } from '../../contract/evaluations.ts';
import type { Database } from '../../database/database.ts';

export async function readGrid(db: Database): Promise<Grid> {
  const row = await db
    .selectFrom('evaluation_grids')
    .select(['version', 'criteria'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { version: row.version, criteria: row.criteria as Criterion[] } : { version: 0, criteria: [] };
}

/** Null when `after` is not the newest any more. */
export async function insertGrid(
  db: Database,
  grid: { criteria: readonly Criterion[]; after: number | null; by: string; atMs: number },
): Promise<Grid | null> {
  return db.transaction().execute(async (tx) => {
    await sql`lock table evaluation_grids in share row exclusive mode`.execute(tx);
    const newest = await readGrid(tx);
    if (grid.after !== null && grid.after !== newest.version) return null;
    const criteria = JSON.stringify(grid.criteria);
    await tx
      .insertInto('evaluation_grids')
      .values({ criteria, made_by: grid.by, made_at: new Date(grid.atMs) })
      .execute();
    return readGrid(tx);
  });
}

/** As it is kept; whether the viewer may change it is not known here. */
export type EvaluationRow = Omit<Evaluation, 'editable'> & { gridVersion: number };

/** False when the author has evaluated the call already. */
export async function insertEvaluation(db: Database, row: Omit<EvaluationRow, 'criteria'>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('evaluations')
    .values({
      id: row.id,
      call_id: row.callId,
      call_started_at: new Date(row.callStartedAt),
      agent_id: row.agent.id,
      agent_name: row.agent.name,
      author_id: row.by.id,
      author_name: row.by.name,
      grid_version: row.gridVersion,
      marks: JSON.stringify(row.marks),
      score: row.score,
      comment: row.comment,
      created_at: new Date(row.createdAt),
      updated_at: new Date(row.updatedAt),
    })
    .onConflict((conflict) => conflict.columns(['call_id', 'author_id']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function updateEvaluation(
  db: Database,
  id: string,
  change: Pick<EvaluationRow, 'marks' | 'score' | 'comment' | 'updatedAt'>,
): Promise<void> {
  await db
    .updateTable('evaluations')
    .set({
      marks: JSON.stringify(change.marks),
      score: change.score,
      comment: change.comment,
      updated_at: new Date(change.updatedAt),
    })
    .where('id', '=', id)
    .execute();
}

/** Whose evaluations: an agent's own, or those of an author and of the agents of some teams (null: of all). */
export type EvaluationScope = { ofAgent: string } | { author: string; teamIds: readonly string[] | null };

/** Newest first; those after `after` in that order. */
export async function findEvaluations(
  db: Database,
  search: { filters: EvaluationFilters & { id?: string }; scope: EvaluationScope },
  page: { after: { createdAt: string; id: string } | null; limit: number },
): Promise<EvaluationRow[]> {
  const after = page.after
    ? sql<SqlBool>`(e.created_at, e.id) < (${page.after.createdAt}::timestamptz, ${page.after.id}::uuid)`
    : sql<SqlBool>`true`;
  const found = await sql<Row>`
    select e.*, g.criteria, coalesce(agent.name, e.agent_name) as agent_now,
      coalesce(author.name, e.author_name) as author_now
    from evaluations e join evaluation_grids g on g.version = e.grid_version
    left join people agent on agent.id = e.agent_id
    left join people author on author.id = e.author_id
    where ${conditions(search)} and ${after}
    order by e.created_at desc, e.id desc limit ${page.limit}`.execute(db);
  return found.rows.map(evaluationOf);
}

function conditions({ filters, scope }: Parameters<typeof findEvaluations>[1]): RawBuilder<SqlBool> {
  const all: RawBuilder<SqlBool>[] = [inScope(scope)];
  if (filters.id) all.push(sql`e.id = ${filters.id}`);
  if (filters.from) all.push(sql`e.created_at >= ${filters.from}::timestamptz`);
  if (filters.to) all.push(sql`e.created_at < ${filters.to}::timestamptz`);
  if (filters.agent) all.push(sql`e.agent_id = ${filters.agent}`);
  if (filters.author) all.push(sql`e.author_id = ${filters.author}`);
  if (filters.call) all.push(sql`e.call_id = ${filters.call}`);
  if (filters.scoreMin !== undefined) all.push(sql`e.score >= ${filters.scoreMin}`);
  if (filters.scoreMax !== undefined) all.push(sql`e.score <= ${filters.scoreMax}`);
  return sql.join(all, sql` and `);
}

function inScope(scope: EvaluationScope): RawBuilder<SqlBool> {
  if ('ofAgent' in scope) return sql`e.agent_id = ${scope.ofAgent}`;
  const { author, teamIds } = scope;
  if (teamIds === null) return sql`true`;
  return sql`(e.author_id = ${author} or exists (
    select from team_members m where m.person_id = e.agent_id and m.team_id = any(${teamIds}::uuid[])))`;
}

interface Row {
  id: string;
  call_id: string;
  call_started_at: Date;
  agent_id: string;
  agent_now: string;
  author_id: string;
  author_now: string;
  grid_version: number;
  criteria: Criterion[];
  marks: Record<string, number>;
  score: number | null;
  comment: string;
  created_at: Date;
  updated_at: Date;
}

const evaluationOf = (row: Row): EvaluationRow => ({
  id: row.id,
  callId: row.call_id,
  callStartedAt: row.call_started_at.toISOString(),
  agent: { id: row.agent_id, name: row.agent_now },
  by: { id: row.author_id, name: row.author_now },
  gridVersion: row.grid_version,
  criteria: row.criteria,
  marks: row.marks,
  score: row.score,
  comment: row.comment,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});
