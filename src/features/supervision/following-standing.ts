import type { Supervision, SupervisionEnd } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SessionMemory } from './session.ts';

/** How long the question of an agent's logging out waits for its answer. */
export const loggedOutAnswerMs = 60_000;
const warningMs = 60_000;
/** Of a duration too short for the whole warning. */
const warningShare = 0.1;
const minuteMs = 60_000;

/** Since when durations count. Milliseconds since the epoch. */
export interface Counting {
  /** The beginning, or the last "go on". */
  countedFromMs: number;
  /** When the agent was seen logging out; null while he is there, or once the supervisor has said "go on". */
  loggedOutAtMs: number | null;
  /** The policy's longest duration; null without one. */
  minutesMax: number | null;
}

export interface Standing {
  endsAtMs: number | null;
  question: Supervision['question'];
  /** Why it is over now; null while it goes on. */
  over: SupervisionEnd | null;
  /** When this changes by itself; null when it does not. */
  nextAtMs: number | null;
}

/** What the supervisor is asked, and when it ends by itself. */
export function standingAt(nowMs: number, { countedFromMs, loggedOutAtMs, minutesMax }: Counting): Standing {
  const lengthMs = minutesMax === null ? Number.POSITIVE_INFINITY : minutesMax * minuteMs;
  const limitMs = countedFromMs + lengthMs;
  const warnMs = limitMs - Math.min(warningMs, lengthMs * warningShare);
  const leftMs = loggedOutAtMs === null ? Number.POSITIVE_INFINITY : loggedOutAtMs + loggedOutAnswerMs;
  const endsAtMs = Math.min(limitMs, leftMs);
  const isWarned = minutesMax !== null && nowMs >= warnMs;
  const next = isWarned || loggedOutAtMs !== null ? endsAtMs : warnMs;
  return {
    endsAtMs: finite(endsAtMs),
    question: loggedOutAtMs !== null ? 'agent-logged-out' : isWarned ? 'limit-near' : null,
    over: nowMs < endsAtMs ? null : leftMs < limitMs ? 'agent-logged-out' : 'limit',
    nextAtMs: finite(next),
  };
}

const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);

export interface StandingDeps {
  clock: Clock;
  isConnected(): boolean;
  minutesMax(): number | null;
}

/** Says by itself when the supervision is to be asked something, or is over. */
export function createStandingClock(
  deps: StandingDeps,
  saved: SessionMemory,
  startedAtMs: number,
  onStanding: (standing: Standing) => void,
) {
  let countedFromMs = Number(saved['countedFromMs'] ?? startedAtMs);
  let loggedOutAtMs: number | null = null;
  /** The supervisor said "go on" to an agent who is away. */
  let goesOnWithout = saved['goesOnWithout'] === true;
  let timer: NodeJS.Timeout | undefined;

  function refresh(): void {
    clearTimeout(timer);
    const nowMs = deps.clock.now();
    const isConnected = deps.isConnected();
    if (isConnected) goesOnWithout = false;
    loggedOutAtMs = isConnected || goesOnWithout ? null : (loggedOutAtMs ?? nowMs);
    const standing = standingAt(nowMs, { countedFromMs, loggedOutAtMs, minutesMax: deps.minutesMax() });
    if (standing.nextAtMs !== null && !standing.over) {
      timer = setTimeout(refresh, Math.max(1, standing.nextAtMs - nowMs)).unref();
    }
    onStanding(standing);
  }

  return {
    /** The agent, the policy or the time has changed. */
    refresh,
    goOn(): void {
      countedFromMs = deps.clock.now();
      goesOnWithout = loggedOutAtMs !== null;
      refresh();
    },
    stop: () => clearTimeout(timer),
    get memory() {
      return { countedFromMs, goesOnWithout };
    },
  };
}
