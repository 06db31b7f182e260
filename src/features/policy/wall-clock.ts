import type { ListeningWindow } from '../../contract/policy.ts';

/** A minute as the clocks on the wall of a time zone show it. Summer time is in there: an hour may come twice or never. */
export interface LocalMinute {
  /** `YYYY-MM-DD` */
  day: string;
  /** ISO: 1 is Monday. */
  weekday: number;
  /** `HH:MM` */
  time: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const formatsMax = 50;

/** Throws `RangeError` for a time zone that is none. */
export function localMinute(atMs: number, timeZone: string): LocalMinute {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const day = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
  return { day, weekday: weekdayOf(day), time: `${parts.get('hour')}:${parts.get('minute')}` };
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  if (formats.size >= formatsMax) formats.clear();
  formats.set(timeZone, format);
  return format;
}

/** Whether the window is open at this minute. One that passes midnight belongs to the day it began on. */
export function isOpen(window: ListeningWindow, now: LocalMinute): boolean {
  const { from, to } = window;
  if (from < to) return from <= now.time && now.time < to && beginsOn(window, now.day, now.weekday);
  if (from <= now.time && beginsOn(window, now.day, now.weekday)) return true;
  const yesterday = dayBefore(now.day);
  return now.time < to && beginsOn(window, yesterday, weekdayOf(yesterday));
}

function beginsOn({ days, firstDay, lastDay }: ListeningWindow, day: string, weekday: number): boolean {
  return (
    days.includes(weekday) && (firstDay === null || firstDay <= day) && (lastDay === null || day <= lastDay)
  );
}

const dayMs = 86_400_000;
/** Of the calendar, where no clock is put forward or back. */
const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - dayMs).toISOString().slice(0, 10);
const weekdayOf = (day: string): number => ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;
