import type { RequestStats } from './requests.ts';

export interface AriStats {
  generation: number;
  /** Frames received, whatever they were. */
  frames: number;
  events: number;
  /** Dropped unparsed because of `eventTypes`. */
  skipped: number;
  badJson: number;
  notAnEvent: number;
  binary: number;
  unknownEvents: number;
  unknownTypes: Record<string, number>;
  handlerErrors: number;
  lastFrameAtMs: number | undefined;
  requests: RequestStats;
}

export type Counters = Omit<AriStats, 'generation' | 'requests'>;

/** Names come from outside: no more of them are kept than this. */
const unknownTypesMax = 50;

export function createCounters(): Counters {
  return {
    frames: 0,
    events: 0,
    skipped: 0,
    badJson: 0,
    notAnEvent: 0,
    binary: 0,
    unknownEvents: 0,
    unknownTypes: Object.create(null) as Record<string, number>,
    handlerErrors: 0,
    lastFrameAtMs: undefined,
  };
}

/** @returns true the first time this type is seen. */
export function countUnknown(counters: Counters, type: string): boolean {
  counters.unknownEvents += 1;
  const name = type.slice(0, 100);
  const seen = counters.unknownTypes[name];
  if (seen === undefined && Object.keys(counters.unknownTypes).length >= unknownTypesMax) return false;
  counters.unknownTypes[name] = (seen ?? 0) + 1;
  return seen === undefined;
}
