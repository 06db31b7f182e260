import type { CallFilters } from '../../contract/calls.ts';
import { isAboutQueue } from '../../contract/queues.ts';
import type { PeopleDirectory } from '../../ports/domain.ts';
import type { Viewer } from '../../ports/viewer.ts';
import type { EndedCall } from './live-calls.ts';

/** Which calls a viewer may see: all, or those of his teams and those of queues that belong to no team. */
export type CallScope = { everything: true } | { everything: false; teamIds: readonly string[] };

export const scopeOf = (viewer: Viewer): CallScope =>
  viewer.everyTeam ? { everything: true } : { everything: false, teamIds: viewer.teamIds };

export interface TeamsOf {
  people: Pick<PeopleDirectory, 'byId'>;
  /** Teams of a queue; undefined when it has none. */
  queue(pbx: string, queue: string): ReadonlySet<string> | undefined;
}

/** The same rules as the repository's conditions, for calls in memory. */
export function inScope(ended: EndedCall, scope: CallScope, teams: TeamsOf): boolean {
  return scope.everything || ofTeams(ended, scope.teamIds, true, teams);
}

export function passes(ended: EndedCall, filters: CallFilters, teams: TeamsOf): boolean {
  const { call, agentIds } = ended;
  if (filters.from && Date.parse(call.startedAt) < Date.parse(filters.from)) return false;
  if (filters.to && Date.parse(call.startedAt) >= Date.parse(filters.to)) return false;
  if (filters.agent && !agentIds.includes(filters.agent)) return false;
  if (filters.pbx && call.pbx !== filters.pbx) return false;
  const asked = filters.queue;
  if (asked && !call.queueVisits.some(({ queue }) => isAboutQueue(asked, call.pbx, queue))) return false;
  if (filters.team && !ofTeams(ended, [filters.team], false, teams)) return false;
  if (filters.site) return false;
  if (filters.state && call.state !== filters.state) return false;
  if (filters.reason && call.reason !== filters.reason) return false;
  if (filters.direction && call.direction !== filters.direction) return false;
  return !filters.q || matches(ended, filters.q);
}

function ofTeams(
  { call, agentIds }: EndedCall,
  teamIds: readonly string[],
  orNoTeam: boolean,
  teams: TeamsOf,
): boolean {
  const isTheirs = (id: string) => teamIds.includes(id);
  if (agentIds.some((id) => teams.people.byId(id)?.teams.some((team) => isTheirs(team.id)))) return true;
  return call.queueVisits.some(({ queue }) => {
    const owners = teams.queue(call.pbx, queue);
    return owners ? [...owners].some(isTheirs) : orNoTeam;
  });
}

function matches({ call }: EndedCall, words: string): boolean {
  const { caller, callee, customer, agent } = call;
  const fields = [caller.number, caller.name, callee.number, callee.name, customer?.number, customer?.name];
  fields.push(customer?.nickname, agent?.name, call.dialled, call.queue, call.uniqueId);
  return fields
    .map((field) => field ?? '')
    .join(' ')
    .toLowerCase()
    .includes(words.toLowerCase());
}
