import { AppError } from './errors.ts';

const lastMs = Date.UTC(3000, 0, 1);

/**
 * Refuses a period nobody means. Postgres knows no day after 294276, and the form of a time lets some through that are
 * none (a leap second): people mean times between 1970 and 2999. Throws `validation-failed` naming the field.
 */
export function checkPeriod({ from, to }: { from?: string; to?: string }): void {
  for (const [field, text] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (text === undefined) continue;
    const ms = Date.parse(text);
    if (Number.isNaN(ms) || ms < 0 || ms > lastMs)
      throw new AppError('validation-failed', `"${field}" is not a time between 1970 and 2999`, { field });
  }
  if (from && to && Date.parse(from) > Date.parse(to))
    throw new AppError('validation-failed', '"from" is after "to"', { field: 'from' });
}
