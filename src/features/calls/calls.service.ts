import type { Call, CallFilters, CallsPage, CallsQuery, CallsSummary } from '../../contract/calls.ts';
import { pageSizeDefault } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import { checkPeriod } from '../../contract/period.ts';
import type { Database } from '../../database/database.ts';
import type { AuditLog, LiveSupervisions, PeopleDirectory } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { callOf } from './call-rows.ts';
import { type CallScope, inScope, passes, scopeOf, type TeamsOf } from './call-scope.ts';
import { supervisionsOf } from './call-supervisions.ts';
import {
  type CallCounts,
  type CallPosition,
  callExists,
  countCalls,
  findCall,
  findCalls,
  queueTeams,
} from './calls.repository.ts';
import { cursorOf, positionOf } from './cursor.ts';
import type { EndedCall } from './live-calls.ts';

export interface CallsService {
  /** A page, newest first, and the figures of the whole list. Throws `not-allowed`, `bad-cursor`, `validation-failed`. */
  list(viewer: Viewer, query: CallsQuery): Promise<CallsPage>;
  /** Throws `call-not-found`, `outside-your-teams`. */
  get(viewer: Viewer, id: string): Promise<Call>;
  /** Every call of the list, for an export, of which there is an entry first; read page by page, the first before it settles. */
  all(viewer: Viewer, filters: CallFilters): Promise<AsyncIterable<Call>>;
}
export interface CallsServiceDeps {
  db: Database;
  people: Pick<PeopleDirectory, 'byId'>;
  supervisions?: Pick<LiveSupervisions, 'all'>;
  /** What was said about being listened to, of any calls. */
  marks?(callIds: readonly string[]): Promise<(callId: string) => Call['marks']>;
  /** Absent: exports leave no entry. */
  audit?: AuditLog | undefined;
  /** Calls in progress, and ended ones that are not in the database yet. */
  inMemory(): readonly EndedCall[];
}

const exportPageSize = 500;
const nothingBeside = { supervisions: [], marks: [] };

export function createCallsService(deps: CallsServiceDeps): CallsService {
  const { db } = deps;

  /** What is kept beside the records of these calls. */
  async function besideOf(ids: readonly string[]) {
    const supervisions = await supervisionsOf(db, ids, deps.supervisions);
    const marks = await deps.marks?.(ids);
    return (id: string) => ({ supervisions: supervisions(id), marks: marks?.(id) ?? [] });
  }

  async function teamsOf(): Promise<TeamsOf> {
    const owners = new Map<string, Set<string>>();
    for (const { pbx, queue, team_id } of await queueTeams(db)) {
      const key = `${pbx}\n${queue}`;
      owners.set(key, (owners.get(key) ?? new Set()).add(team_id));
    }
    return { people: deps.people, queue: (pbx, queue) => owners.get(`${pbx}\n${queue}`) };
  }

  /** What is asked for of what is in memory. That is read before the database, so that no call falls in between. */
  async function remembered(
    memory: readonly EndedCall[],
    filters: CallFilters,
    scope: CallScope,
  ): Promise<EndedCall[]> {
    const teams = await teamsOf();
    return memory.filter((ended) => inScope(ended, scope, teams) && passes(ended, filters, teams));
  }

  async function page(
    filters: CallFilters,
    scope: CallScope,
    { after, limit }: { after: CallPosition | null; limit: number },
  ) {
    const everything = deps.inMemory();
    const exceptIds = everything.map(({ call }) => call.id);
    const memory = await remembered(everything, filters, scope);
    const search = { filters, scope, exceptIds };
    const rows = await findCalls(db, search, { after, limit: limit + 1 });
    const fromMemory = memory.map(({ call }) => call).filter((call) => !after || compare(after, call) < 0);
    const merged = [...fromMemory, ...rows.map((row) => callOf(row, nothingBeside))].sort(compare);
    const calls = merged.slice(0, limit);
    const last = calls.at(-1);
    const more = merged.length > limit && last !== undefined;
    const beside = await besideOf(calls.map(({ id }) => id));
    return {
      items: calls.map((call) => ({ ...call, ...beside(call.id) })),
      next: more ? { startedAt: last.startedAt, id: last.id } : null,
      memory,
      search,
    };
  }

  return {
    async list(viewer, query) {
      assertMay(viewer, 'calls.view');
      const { cursor, limit = pageSizeDefault, ...filters } = query;
      checkPeriod(filters);
      const after = cursor === undefined ? null : positionOf(cursor);
      const { items, next, memory, search } = await page(filters, scopeOf(viewer), { after, limit });
      const summary = summaryOf(await countCalls(db, search), memory);
      return { items, nextCursor: next && cursorOf(next), summary };
    },

    async get(viewer, id) {
      assertMay(viewer, 'calls.view');
      const scope = scopeOf(viewer);
      const beside = (await besideOf([id]))(id);
      const here = deps.inMemory().find(({ call }) => call.id === id);
      if (here) {
        if (!inScope(here, scope, await teamsOf())) throw new AppError('outside-your-teams');
        return { ...here.call, ...beside };
      }
      const row = await findCall(db, id, scope);
      if (row) return callOf(row, beside);
      throw new AppError((await callExists(db, id)) ? 'outside-your-teams' : 'call-not-found');
    },

    async all(viewer, filters) {
      assertMay(viewer, 'calls.view');
      checkPeriod(filters);
      const scope = scopeOf(viewer);
      // What was searched for may be a name or a number: only that there was a search is told.
      const { q, ...others } = filters;
      await deps.audit?.write({
        actorId: viewer.personId,
        action: 'calls.exported',
        subjectId: filters.agent ?? null,
        callId: null,
        details: { ...others, ...(q === undefined ? {} : { searched: true }) },
      });
      const first = await page(filters, scope, { after: null, limit: exportPageSize });
      return (async function* () {
        for (
          let part = first;
          ;
          part = await page(filters, scope, { after: part.next!, limit: exportPageSize })
        ) {
          yield* part.items;
          if (!part.next) return;
        }
      })();
    },
  };
}

/** Newest first; the id settles what began in the same millisecond. */
function compare(a: CallPosition, b: CallPosition): number {
  if (a.startedAt !== b.startedAt) return a.startedAt > b.startedAt ? -1 : 1;
  return a.id === b.id ? 0 : a.id > b.id ? -1 : 1;
}

function summaryOf(counts: readonly CallCounts[], memory: readonly EndedCall[]): CallsSummary {
  const byState = new Map<string, number>();
  let waitMs = 0;
  let talkMs = 0;
  const add = (state: string, calls: number) => byState.set(state, (byState.get(state) ?? 0) + calls);
  for (const count of counts) {
    add(count.state, count.calls);
    waitMs += count.waitMs;
    talkMs += count.talkMs;
  }
  for (const { call } of memory) {
    add(call.state, 1);
    if (call.state !== 'answered') continue;
    waitMs += call.waitMs;
    talkMs += call.talkMs;
  }
  const of = (state: Call['state']) => byState.get(state) ?? 0;
  const answered = of('answered');
  return {
    total: [...byState.values()].reduce((sum, calls) => sum + calls, 0),
    answered,
    abandoned: of('abandoned'),
    missed: of('missed'),
    busy: of('busy'),
    failed: of('failed'),
    inProgress: of('in-progress'),
    averageWaitMs: answered === 0 ? null : Math.round(waitMs / answered),
    averageTalkMs: answered === 0 ? null : Math.round(talkMs / answered),
  };
}
