import { v7 } from 'uuid';
import type { CallMark, CallMarkKind } from '../../contract/call-marks.ts';
import { AppError } from '../../contract/errors.ts';
import type { Policy } from '../../contract/policy.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AuditLog,
  CallMarks,
  LiveCalls,
  LiveSupervisions,
  PeopleDirectory,
} from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import {
  endMark,
  findMarks,
  findMarksOfOpenCalls,
  insertMark,
  type MarkRow,
} from './call-marks.repository.ts';

export interface CallMarksDeps {
  db: Database;
  people: Pick<PeopleDirectory, 'byId'>;
  calls: Pick<LiveCalls, 'byId' | 'legsOfDevice' | 'onChange'>;
  supervisions: Pick<LiveSupervisions, 'bySupervisor'>;
  audit: AuditLog;
  clock: Clock;
  log: Log;
  policy(): Policy;
}

const actions = {
  private: ['call.marked-private', 'call.private-ended'],
  objection: ['call.objected', 'call.objection-ended'],
} as const satisfies Record<CallMarkKind, [string, string]>;

/** What agents and callers said about being listened to. It holds in memory, and is told, before anything is written. */
export function createCallMarks(deps: CallMarksDeps) {
  const { db, clock, audit, log } = deps;
  let marks = new Map<string, MarkRow[]>();
  /** Not in the database yet: reading it again must not lose them. */
  const unwritten = new Set<MarkRow>();
  const listeners = new Set<(callId: string) => void>();

  const of = (callId: string): readonly MarkRow[] => marks.get(callId) ?? [];
  const openOf = (callId: string, kind: CallMarkKind) =>
    of(callId).find((mark) => mark.kind === kind && mark.to === null);
  const put = (callId: string, now: MarkRow[]): void => {
    if (now.length > 0) marks.set(callId, now);
    else marks.delete(callId);
    for (const listener of listeners) listener(callId);
  };
  const stop = deps.calls.onChange(({ call, gone }) => {
    if (gone) marks.delete(call.id);
  });

  async function set(viewer: Viewer, callId: string, kind: CallMarkKind): Promise<CallMark[]> {
    const open = openOf(callId, kind);
    // One that could not be written holds all the same; who asks again has it written.
    if (!open || unwritten.has(open)) {
      const by = { id: viewer.personId, name: viewer.name };
      const mark = open ?? { id: v7(), callId, kind, by, from: iso(clock.now()), to: null };
      unwritten.add(mark);
      if (!open) put(callId, [...of(callId), mark]);
      await written(viewer, callId, actions[kind][0], () => insertMark(db, mark));
      unwritten.delete(mark);
    }
    return of(callId).map(shown);
  }

  async function end(viewer: Viewer, callId: string, kind: CallMarkKind): Promise<CallMark[]> {
    if (openOf(callId, kind)) {
      const atMs = clock.now();
      // The other way about: nobody hears again before it is kept who allowed it.
      await written(viewer, callId, actions[kind][1], () => endMark(db, callId, kind, atMs));
      const over = (mark: MarkRow) =>
        mark.kind === kind && mark.to === null ? { ...mark, to: iso(atMs) } : mark;
      for (const mark of unwritten) if (mark.callId === callId && mark.kind === kind) unwritten.delete(mark);
      put(callId, of(callId).map(over));
    }
    return of(callId).map(shown);
  }

  async function written(viewer: Viewer, callId: string, action: string, write: () => Promise<void>) {
    await write();
    await audit.write({ actorId: viewer.personId, action, subjectId: null, callId });
    log.info({ callId, by: viewer.personId, action }, 'a call was marked');
  }

  return {
    live: {
      of: (callId) => of(callId).map(shown),
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    } satisfies CallMarks,

    /** Marks of any calls, those of long ago too. */
    async ofCalls(callIds: readonly string[]): Promise<(callId: string) => CallMark[]> {
      const kept = Map.groupBy(await findMarks(db, callIds), ({ callId }) => callId);
      return (callId) => (marks.get(callId) ?? kept.get(callId) ?? []).map(shown);
    },

    openKinds(callId: string): ReadonlySet<CallMarkKind> | undefined {
      const open = marks.get(callId)?.filter(({ to }) => to === null);
      return open && open.length > 0 ? new Set(open.map(({ kind }) => kind)) : undefined;
    },

    /** Throws `private-calls-off`, `call-not-yours`, `call-already-ended`. Everybody was told when it settles. */
    async setPrivate(viewer: Viewer, callId: string): Promise<CallMark[]> {
      assertMay(viewer, 'agent-page');
      assertOnCall(deps, viewer, callId);
      if (!deps.policy().agentsMayMarkPrivate) throw new AppError('private-calls-off');
      return set(viewer, callId, 'private');
    },
    async endPrivate(viewer: Viewer, callId: string): Promise<CallMark[]> {
      assertMay(viewer, 'agent-page');
      assertOnCall(deps, viewer, callId);
      return end(viewer, callId, 'private');
    },
    /** By who speaks with the caller, or listens: he hears what the caller says. */
    async setObjection(viewer: Viewer, callId: string): Promise<CallMark[]> {
      assertMay(viewer, viewer.permissions.has('agent-page') ? 'agent-page' : 'supervision.listen');
      if (!listensTo(deps, viewer, callId)) assertOnCall(deps, viewer, callId);
      return set(viewer, callId, 'objection');
    },
    /** By who speaks with the caller, or said it himself. */
    async endObjection(viewer: Viewer, callId: string): Promise<CallMark[]> {
      assertMay(viewer, viewer.permissions.has('agent-page') ? 'agent-page' : 'supervision.listen');
      if (openOf(callId, 'objection')?.by.id !== viewer.personId) assertOnCall(deps, viewer, callId);
      return end(viewer, callId, 'objection');
    },

    async reload(): Promise<void> {
      const before = marks;
      const rows = await findMarksOfOpenCalls(db);
      const ids = new Set(rows.map(({ id }) => id));
      const missing = [...unwritten].filter(({ id }) => !ids.has(id));
      const now = Map.groupBy([...rows, ...missing], ({ callId }) => callId);
      const text = (map: typeof marks, id: string) => JSON.stringify(map.get(id) ?? []);
      marks = now;
      for (const id of new Set([...before.keys(), ...now.keys()])) {
        if (text(before, id) !== text(now, id)) for (const listener of listeners) listener(id);
      }
    },
    stop,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const shown = ({ kind, by, from, to }: MarkRow): CallMark => ({ kind, by, from, to });

function assertOnCall({ people, calls }: CallMarksDeps, viewer: Viewer, callId: string): void {
  const person = people.byId(viewer.personId);
  const isOn = person?.devices.some((device) =>
    calls.legsOfDevice(person.pbx, device).some((leg) => leg.callId === callId),
  );
  if (isOn) return;
  const call = calls.byId(callId);
  throw new AppError(!call || call.endedAt ? 'call-already-ended' : 'call-not-yours');
}

function listensTo({ supervisions }: CallMarksDeps, viewer: Viewer, callId: string): boolean {
  const own = supervisions.bySupervisor(viewer.personId);
  return !!own?.calls.some((part) => part.callId === callId && part.to === null);
}
