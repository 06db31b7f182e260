import type { QueueVisit } from '../../contract/calls.ts';
import { queueKey } from '../../contract/queues.ts';

/** Today's finished stays in one queue. A stay belongs to the day it ended on, by the server's own clock and zone. */
export interface DayFigures {
  finished: number;
  answered: number;
  abandoned: number;
  answeredInTime: number;
}
export interface VisitedCall {
  id: string;
  pbx: string;
  queueVisits: readonly Pick<QueueVisit, 'queue' | 'from' | 'to' | 'outcome'>[];
}
interface Counted {
  /** Its key. */
  queue: string;
  toMs: number;
  figures: DayFigures;
}

/** Calls whose part is remembered, so that a later version of theirs replaces it. */
const rememberedMax = 20_000;

/**
 * Counters that equal the calls table's content and the calls in progress: seeded from the one, fed by the other.
 */
export interface QueueDay {
  /** Takes a call, new or as it is now; returns the keys of the queues whose figures it changed. */
  take(call: VisitedCall): string[];
  figures(queue: string): DayFigures;
  /** Ids already counted here, which a seed must leave out. */
  remembered(): string[];
  /** Begins again with these figures of calls that are not remembered, for the day from `dayStartMs` on. */
  restart(dayStartMs: number, seed: ReadonlyMap<string, DayFigures>): void;
}

/** Queues are named by their keys. `targetMsOf`: within how long an answer counts as in time. */
export function createQueueDay(targetMsOf: (queue: string) => number): QueueDay {
  const totals = new Map<string, DayFigures>();
  const remembered = new Map<string, { call: VisitedCall; counted: Counted[] }>();
  let dayStartMs = 0;

  const add = (counted: Counted, sign: 1 | -1): void => {
    const total = totals.get(counted.queue) ?? { ...none };
    for (const name of figureNames) total[name] += sign * counted.figures[name];
    totals.set(counted.queue, total);
  };
  const count = (call: VisitedCall): Counted[] =>
    call.queueVisits.flatMap((visit) => {
      const key = queueKey(call.pbx, visit.queue);
      return countedVisit(key, visit, targetMsOf(key)) ?? [];
    });

  function take(call: VisitedCall): string[] {
    const before = (remembered.get(call.id)?.counted ?? []).filter((one) => one.toMs >= dayStartMs);
    const now = count(call).filter((one) => one.toMs >= dayStartMs);
    remembered.delete(call.id);
    if (call.queueVisits.length > 0) remembered.set(call.id, { call, counted: now });
    if (remembered.size > rememberedMax) remembered.delete(remembered.keys().next().value!);
    if (JSON.stringify(before) === JSON.stringify(now)) return [];
    for (const one of before) add(one, -1);
    for (const one of now) add(one, 1);
    return [...new Set([...before, ...now].map((one) => one.queue))];
  }

  return {
    take,
    figures: (queue) => totals.get(queue) ?? none,
    remembered: () => [...remembered.keys()],
    restart(newDayStartMs, seed) {
      dayStartMs = newDayStartMs;
      totals.clear();
      for (const [queue, figures] of seed) totals.set(queue, { ...figures });
      const calls = [...remembered.values()].map(({ call }) => call);
      remembered.clear();
      for (const call of calls) take(call);
    },
  };
}

const none: DayFigures = { finished: 0, answered: 0, abandoned: 0, answeredInTime: 0 };
const figureNames = Object.keys(none) as (keyof DayFigures)[];

function countedVisit(
  queue: string,
  visit: VisitedCall['queueVisits'][number],
  targetMs: number,
): Counted | null {
  if (visit.to === null) return null;
  const toMs = Date.parse(visit.to);
  const answered = visit.outcome === 'answered';
  const inTime = answered && toMs - Date.parse(visit.from) <= targetMs;
  const figures: DayFigures = {
    finished: 1,
    answered: Number(answered),
    abandoned: Number(visit.outcome === 'abandoned'),
    answeredInTime: Number(inTime),
  };
  return { queue, toMs, figures };
}

/** Midnight before, in the server's zone. */
export function dayStart(nowMs: number): number {
  return new Date(nowMs).setHours(0, 0, 0, 0);
}

/** The next midnight; a day of a clock change has 23 or 25 hours. */
export function nextDayStart(nowMs: number): number {
  const day = new Date(nowMs);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}
