import type { Agent } from '../../contract/agents.ts';
import { type AlertThresholds, defaultThresholds } from '../../contract/alerts.ts';
import type { Call } from '../../contract/calls.ts';
import type { LiveChange, LivePbx, LiveSnapshot, LiveStorage } from '../../contract/live.ts';
import { mayDo } from '../../contract/may-do.ts';
import type { OutsideListening } from '../../contract/outside-listenings.ts';
import type { Supervision } from '../../contract/supervisions.ts';
import type { AgentView, QueueView } from '../../ports/live.ts';
import { seesTeams } from '../../ports/viewer.ts';
import type { Scope } from './scope.ts';

export interface SightedCall {
  call: Call;
  agentIds: ReadonlySet<string>;
  /** Keys. */
  queues: ReadonlySet<string>;
}
export interface SightedSupervision {
  supervision: Supervision;
}
/** The whole board as it is now, whoever looks at it. */
export interface Sight {
  agent(id: string): AgentView | undefined;
  /** By its key. */
  queue(key: string): QueueView | undefined;
  /** Each version of a row is an object of its own. */
  call(id: string): SightedCall | undefined;
  supervision(id: string): SightedSupervision | undefined;
  outsideListening(id: string): OutsideListening | undefined;
  pbxs(): LivePbx[];
  /** Undefined where nothing tells. */
  storage(): LiveStorage | undefined;
  thresholds(): AlertThresholds;
  teamIdsOf(personId: string): readonly string[];
}

/** What is to be looked at again. */
export interface Touched {
  agents: Iterable<string>;
  /** Keys. */
  queues: Iterable<string>;
  calls: Iterable<string>;
  supervisions: Iterable<string>;
  outsideListenings: Iterable<string>;
  /** And where what is recorded goes. */
  pbxs: boolean;
  thresholds: boolean;
}

/** What one scope has been told so far. */
export interface ScopeRows {
  readonly scope: Scope;
  /** Ids of everything the scope has been told of. */
  told(): Touched;
  /** Looks at what was touched; the next numbered change, or null when there is nothing to tell. */
  advance(sight: Sight, touched: Touched, at: string): LiveChange | null;
  snapshot(at: string): LiveSnapshot;
}

type Kind = 'agents' | 'queues' | 'calls' | 'supervisions' | 'outsideListenings';

export function createScopeRows(scope: Scope): ScopeRows {
  const { viewer, acting } = scope;
  const agents = new Map<string, { view: AgentView; row: Agent }>();
  const queues = new Map<string, QueueView>();
  const calls = new Map<string, SightedCall>();
  const supervisions = new Map<string, SightedSupervision>();
  const outside = new Map<string, OutsideListening>();
  let pbxs: LivePbx[] = [];
  let storage: LiveStorage | undefined;
  let thresholds = defaultThresholds;
  let seq = 0;

  const seesAgent = (sight: Sight, id: string): boolean => seesTeams(viewer, sight.teamIdsOf(id));
  const seesQueue = (view: QueueView | undefined): boolean =>
    !view || view.teamIds.length === 0 || seesTeams(viewer, view.teamIds);

  function agentNow(sight: Sight, id: string): { view: AgentView; row: Agent } | undefined {
    const view = sight.agent(id);
    if (!view || !seesTeams(viewer, view.teamIds)) return undefined;
    const facts = { ...view.facts, id, pbx: view.row.pbx, teamIds: view.teamIds, state: view.row.state };
    const row = { ...view.row, mayDo: mayDo({ viewer: acting, agent: facts }) };
    const before = agents.get(id);
    const same = before?.view === view && before.row.mayDo.join() === row.mayDo.join();
    return same ? before : { view, row };
  }
  function queueNow(sight: Sight, id: string): QueueView | undefined {
    const view = sight.queue(id);
    return view && seesQueue(view) ? view : undefined;
  }
  function callNow(sight: Sight, id: string): SightedCall | undefined {
    const found = sight.call(id);
    if (!found) return undefined;
    // As on the list of calls: who administers sees no more of them for it.
    const mine = (teamIds: readonly string[]) => teamIds.some((teamId) => viewer.teamIds.includes(teamId));
    const visible =
      viewer.everyTeam ||
      [...found.agentIds].some((agentId) => mine(sight.teamIdsOf(agentId))) ||
      [...found.queues].some((queue) => {
        const { teamIds } = sight.queue(queue) ?? { teamIds: [] };
        return teamIds.length === 0 || mine(teamIds);
      });
    return visible ? found : undefined;
  }
  function supervisionNow(sight: Sight, id: string): SightedSupervision | undefined {
    const found = sight.supervision(id);
    return found && seesAgent(sight, found.supervision.agentId) ? found : undefined;
  }

  /** Who is heard is seen by his team; where that is not known, by who sees every team. */
  function outsideNow(sight: Sight, id: string): OutsideListening | undefined {
    const found = sight.outsideListening(id);
    const seen = found?.agent ? seesAgent(sight, found.agent.id) : viewer.everyTeam;
    return seen ? found : undefined;
  }

  function advance(sight: Sight, touched: Touched, at: string): LiveChange | null {
    const change: LiveChange = { seq: seq + 1, at };
    const gone: NonNullable<LiveChange['gone']> = {};
    function look<T>(kind: Kind, told: Map<string, T>, now: (id: string) => T | undefined): T[] {
      const fresh: T[] = [];
      const left: string[] = [];
      for (const id of touched[kind]) {
        const row = now(id);
        if (row !== undefined && row !== told.get(id)) {
          told.set(id, row);
          fresh.push(row);
        } else if (row === undefined && told.delete(id)) left.push(id);
      }
      if (left.length > 0) gone[kind] = left;
      return fresh;
    }
    const freshAgents = look('agents', agents, (id) => agentNow(sight, id));
    const freshQueues = look('queues', queues, (id) => queueNow(sight, id));
    const freshCalls = look('calls', calls, (id) => callNow(sight, id));
    const freshSupervisions = look('supervisions', supervisions, (id) => supervisionNow(sight, id));
    const freshOutside = look('outsideListenings', outside, (id) => outsideNow(sight, id));
    if (freshOutside.length > 0) change.outsideListenings = freshOutside;
    if (freshAgents.length > 0) change.agents = freshAgents.map(({ row }) => row);
    if (freshQueues.length > 0) change.queues = freshQueues.map(({ row }) => row);
    if (freshCalls.length > 0) change.calls = freshCalls.map(({ call }) => call);
    if (freshSupervisions.length > 0)
      change.supervisions = freshSupervisions.map(({ supervision }) => supervision);
    if (touched.pbxs) {
      change.pbxs = pbxs = sight.pbxs();
      storage = sight.storage();
      if (storage) change.storage = storage;
    }
    if (touched.thresholds) change.thresholds = thresholds = sight.thresholds();
    if (Object.keys(gone).length > 0) change.gone = gone;
    if (Object.keys(change).length === 2) return null;
    seq = change.seq;
    return change;
  }

  return {
    scope,
    advance,
    told: () => ({
      agents: [...agents.keys()],
      queues: [...queues.keys()],
      calls: [...calls.keys()],
      supervisions: [...supervisions.keys()],
      outsideListenings: [...outside.keys()],
      pbxs: false,
      thresholds: false,
    }),
    snapshot: (at) => ({
      seq,
      at,
      agents: [...agents.values()].map(({ row }) => row),
      queues: [...queues.values()].map(({ row }) => row),
      calls: [...calls.values()].map(({ call }) => call),
      supervisions: [...supervisions.values()].map(({ supervision }) => supervision),
      outsideListenings: [...outside.values()],
      pbxs,
      ...(storage ? { storage } : {}),
      thresholds,
    }),
  };
}
