import { AppError } from '../../contract/errors.ts';
import type { Criterion } from '../../contract/evaluations.ts';

export type Marks = Readonly<Record<string, number>>;

/** Weighted share of what could be had over what was marked, 0 to 100 with one decimal; null when nothing was. */
export function scoreOf(criteria: readonly Criterion[], marks: Marks): number | null {
  let had = 0;
  let weights = 0;
  for (const { id, max, weight } of criteria) {
    const mark = marks[id];
    if (mark === undefined) continue;
    had += (mark / max) * weight;
    weights += weight;
  }
  return weights === 0 ? null : Math.round((had / weights) * 1_000) / 10;
}

/** Throws `validation-failed` for a mark of no criterion, one over its limit, or an evaluation that says nothing. */
export function checkContent(
  criteria: readonly Criterion[],
  { marks, comment }: { marks: Marks; comment: string },
): void {
  for (const [id, mark] of Object.entries(marks)) {
    const criterion = criteria.find((one) => one.id === id);
    if (!criterion) refuse(`marks.${id}`, 'The grid has no such criterion');
    if (mark > criterion.max) refuse(`marks.${id}`, `The mark is over ${criterion.max}`);
  }
  if (Object.keys(marks).length === 0 && comment.trim() === '')
    refuse('comment', 'Give a mark or write a comment');
}

/** Throws `validation-failed` for two criteria of one id. */
export function checkGrid(criteria: readonly Criterion[]): void {
  const ids = criteria.map(({ id }) => id);
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (twice !== -1) refuse(`criteria.${twice}.id`, 'A criterion is there twice');
}

function refuse(field: string, detail: string): never {
  throw new AppError('validation-failed', detail, { field });
}
