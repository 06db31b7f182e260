import type { Agent, AgentState } from '../../../contract/agents.ts';
import { queueKey } from '../../../contract/queues.ts';
import { fold } from '../../shared/text/fold.ts';

export interface BoardView {
  q: string;
  state: AgentState | null;
  /** Team id. */
  team: string | null;
  /** Queue id. */
  queue: string | null;
  sort: 'name' | 'state';
  /** Ids of the folded sections. */
  folded: ReadonlySet<string>;
}

export type Counts = Readonly<Record<AgentState, number>>;
export interface TeamSection {
  id: string;
  name: string | null;
  counts: Counts;
  total: number;
}
export type IndexRow =
  | { kind: 'team'; key: string; teamId: string }
  | { kind: 'agent'; key: string; agentId: string; teamId: string };
export interface AgentIndex {
  rows: readonly IndexRow[];
  sections: ReadonlyMap<string, TeamSection>;
  /** Of those who match all filters but the state: what the state filter would show. Each person once. */
  counts: Counts;
  total: number;
  shown: number;
}
export interface Option {
  value: string;
  label: string;
}

export const noTeamId = 'no-team';

/** Busy first: what a supervisor looks for. */
const stateOrder: Record<AgentState, number> = {
  'on-call': 0,
  'on-hold': 1,
  ringing: 2,
  'wrap-up': 3,
  available: 4,
  paused: 5,
  offline: 6,
};
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const noCounts: Counts = {
  offline: 0,
  available: 0,
  ringing: 0,
  'on-call': 0,
  'on-hold': 0,
  'wrap-up': 0,
  paused: 0,
};

/** Sections by team with their agents, filtered and sorted. Somebody in two teams stands in both. */
export function buildIndex(agents: readonly Agent[], view: BoardView): AgentIndex {
  const needle = fold(view.q.trim());
  const matching = agents.filter((agent) => matches(agent, view, needle));
  const sections = new Map<string, { name: string | null; members: Agent[] }>();
  for (const agent of matching) {
    const teams = agent.teams.length > 0 ? agent.teams : [{ id: noTeamId, name: null }];
    for (const team of teams) {
      if (view.team !== null && team.id !== view.team) continue;
      const section = sections.get(team.id) ?? { name: team.name, members: [] };
      section.members.push(agent);
      sections.set(team.id, section);
    }
  }
  const inOrder = [...sections].sort(([, a], [, b]) =>
    a.name === null ? 1 : b.name === null ? -1 : collator.compare(a.name, b.name),
  );
  const rows: IndexRow[] = [];
  for (const [teamId, { members }] of inOrder) {
    const shown = members.filter((agent) => view.state === null || agent.state === view.state);
    if (shown.length === 0) continue;
    rows.push({ kind: 'team', key: teamId, teamId });
    if (view.folded.has(teamId)) continue;
    for (const agent of shown.sort(order(view.sort))) {
      rows.push({ kind: 'agent', key: `${teamId}/${agent.id}`, agentId: agent.id, teamId });
    }
  }
  return {
    rows,
    sections: new Map(
      inOrder.map(([id, { name, members }]) => [
        id,
        { id, name, counts: count(members), total: members.length },
      ]),
    ),
    counts: count(matching),
    total: matching.length,
    shown: matching.filter((agent) => view.state === null || agent.state === view.state).length,
  };
}

const labelLengthMax = 100;

/** Teams of everybody on the board, whatever the filters. */
export function teamOptions(agents: readonly Agent[]): Option[] {
  const names = new Map(agents.flatMap(({ teams }) => teams.map(({ id, name }) => [id, name] as const)));
  return [...names]
    .map(([value, name]) => ({ value, label: name.slice(0, labelLengthMax) }))
    .sort((a, b) => collator.compare(a.label, b.label));
}

function matches(agent: Agent, view: BoardView, needle: string): boolean {
  if (view.team !== null && !inTeam(agent, view.team)) return false;
  if (view.queue !== null && !agent.queues.some(({ id }) => queueKey(agent.pbx, id) === view.queue))
    return false;
  return needle === '' || searchText(agent).includes(needle);
}

function inTeam(agent: Agent, team: string): boolean {
  return agent.teams.length === 0 ? team === noTeamId : agent.teams.some(({ id }) => id === team);
}

function order(sort: BoardView['sort']): (a: Agent, b: Agent) => number {
  const byName = (a: Agent, b: Agent) => compare(sortKey(a.name), sortKey(b.name)) || compare(a.id, b.id);
  if (sort === 'name') return byName;
  return (a, b) => stateOrder[a.state] - stateOrder[b.state] || compare(a.since, b.since) || byName(a, b);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortKeysMax = 20_000;
const sortKeys = new Map<string, string>();

/** What a name sorts by: no accents, numbers by their value. Kept, for a collator is too slow for a thousand names often. */
function sortKey(name: string): string {
  const known = sortKeys.get(name);
  if (known !== undefined) return known;
  const key = fold(name.slice(0, textLengthMax)).replace(/\d{1,9}/g, (digits) => digits.padStart(9, '0'));
  if (sortKeys.size >= sortKeysMax) sortKeys.clear();
  sortKeys.set(name, key);
  return key;
}

function count(agents: readonly Agent[]): Counts {
  const counts = { ...noCounts };
  for (const agent of agents) counts[agent.state] += 1;
  return counts;
}

const textLengthMax = 200;
const folded = new WeakMap<Agent, string>();
function searchText(agent: Agent): string {
  const known = folded.get(agent);
  if (known !== undefined) return known;
  const parts = [
    agent.name,
    agent.publicName,
    ...agent.devices,
    ...agent.queues.map((queue) => queue.id),
    ...agent.calls.flatMap((call) => [call.with.number, call.with.name, call.queue]),
  ];
  const text = fold(parts.map((part) => part?.slice(0, textLengthMax) ?? '').join('\n'));
  folded.set(agent, text);
  return text;
}
