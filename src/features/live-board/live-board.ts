import type { LiveChange, LiveSnapshot } from '../../contract/live.ts';
import { noTies } from '../../ports/absent.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  BrowserPhones,
  CallMarks,
  LiveCalls,
  LiveSupervisions,
  OutsideListenings,
  PeopleDirectory,
} from '../../ports/domain.ts';
import type { LiveFeed, LiveShift, LiveThresholds, StorageState } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import type { Trunks } from '../../ports/trunks.ts';
import type { Viewer } from '../../ports/viewer.ts';
import { createBoardSight } from './board-sight.ts';
import { createPbxLinks, type PbxLinksOptions } from './pbx-links.ts';
import { type Scope, scopeFor } from './scope.ts';
import { createScopeRows, type ScopeRows } from './scope-rows.ts';

export interface CreateLiveBoard {
  shift: LiveShift;
  calls: LiveCalls;
  supervisions: LiveSupervisions;
  directory: PeopleDirectory;
  browserPhones: BrowserPhones;
  /** Default: nobody said anything. */
  marks?: CallMarks;
  /** Default: each PBX rings its own phones only. */
  trunks?: Trunks;
  /** Default: nobody does. */
  outside?: OutsideListenings;
  thresholds: LiveThresholds;
  /** Default: the panel says nothing of it. */
  storage?: StorageState;
  clock: Clock;
  log: Log;
  /** Those that are configured. */
  pbxs: PbxLinksOptions['pbxs'];
  queueMembershipMaxAgeMs: number;
}
export interface LiveBoard extends LiveFeed {
  onFact(fact: TelephonyFact): void;
  /** What the viewer may see now; one request, no scope kept. Throws `not-allowed`. */
  snapshotFor(viewer: Viewer): LiveSnapshot;
  stop(): void;
}

/** A burst of facts costs one change: short enough to be as it happens, long enough to gather one call's facts. */
const gatherMs = 8;

/** Numbers what changes on the live panel, scope by scope. */
export function createLiveBoard(deps: CreateLiveBoard): LiveBoard {
  const { directory, clock, log } = deps;
  const links = createPbxLinks({ ...deps, nowMs: clock.now() });
  const { marks = noTies.marks, outside = noTies.outside, trunks = noTies.trunks } = deps;
  const sight = createBoardSight({ ...deps, links, marks, outside });
  const scopes = new Map<string, { rows: ScopeRows; viewers: number }>();
  const listeners = new Set<(scope: string, change: LiveChange) => void>();
  let timer: NodeJS.Timeout | null = null;

  const at = (): string => new Date(clock.now()).toISOString();
  const scopeNow = (viewer: Viewer): Scope =>
    scopeFor(viewer, directory.byId(viewer.personId), {
      browserPhone: deps.browserPhones.deviceOf(viewer.personId) !== null,
      trunks,
    });

  function flush(): void {
    timer = null;
    const touched = sight.takeTouched();
    for (const [key, { rows }] of scopes) {
      const looked = touched.resighted
        ? { ...sight.everything(rows.told()), pbxs: touched.pbxs, thresholds: touched.thresholds }
        : touched;
      const change = rows.advance(sight, looked, at());
      if (change) for (const listener of listeners) listener(key, change);
    }
  }
  function flushSafely(): void {
    try {
      flush();
    } catch (error) {
      log.error({ err: error }, 'a change of the live board could not be told');
    }
  }
  const stop = sight.onTouched(() => {
    timer ??= setTimeout(flushSafely, gatherMs);
  });

  function rowsFor(scope: Scope): ScopeRows {
    const rows = createScopeRows(scope);
    rows.advance(sight, { ...sight.everything(rows.told()), pbxs: true, thresholds: true }, at());
    return rows;
  }
  function kept(scope: string): { rows: ScopeRows; viewers: number } {
    const found = scopes.get(scope);
    if (!found) throw new TypeError('nobody has joined this scope');
    return found;
  }

  return {
    onFact(fact) {
      if (links.apply(fact)) sight.touchPbxs();
    },
    join(viewer) {
      const scope = scopeNow(viewer);
      const entry = scopes.get(scope.key) ?? { rows: rowsFor(scope), viewers: 0 };
      entry.viewers += 1;
      scopes.set(scope.key, entry);
      return scope.key;
    },
    leave(key) {
      const entry = kept(key);
      entry.viewers -= 1;
      if (entry.viewers === 0) scopes.delete(key);
    },
    scopeOf: (viewer) => scopeNow(viewer).key,
    snapshot: (key) => kept(key).rows.snapshot(at()),
    snapshotFor(viewer) {
      const scope = scopeNow(viewer);
      return (scopes.get(scope.key)?.rows ?? rowsFor(scope)).snapshot(at());
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stop();
      clearTimeout(timer ?? undefined);
    },
  };
}
