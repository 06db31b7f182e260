import type { Agent } from '../../../contract/agents.ts';
import type { Call } from '../../../contract/calls.ts';
import type { LiveQueue } from '../../../contract/live.ts';
import { seesEveryTeam } from '../../../contract/permissions.ts';
import type { Session } from '../../../contract/session.ts';
import { fold } from '../../shared/text/fold.ts';

type Me = Pick<Session['person'], 'id' | 'roles' | 'teams'>;
export interface Floor {
  agents: readonly Agent[];
  queues: readonly LiveQueue[];
}
export interface TargetsWish {
  me: Me;
  /** The one the call is on: it cannot leave it. */
  pbx: string;
  /** The agent the call was taken from. */
  backTo: string | null;
  /** The queue it came by: who serves it stands first. */
  queue: string | null;
  /** It waits there still, and cannot be sent to where it is. */
  isQueued: boolean;
  words: string;
}
export interface Targets {
  /** The one the call was taken from, when he can have it back. */
  back: Agent | null;
  free: readonly Agent[];
  queues: readonly LiveQueue[];
  /** Free agents who match as well, beyond those shown. */
  more: number;
}

export const freeShownMax = 40;

/**
 * To whom a call may go now, as far as the words match: the agent it was taken from, agents who are free (who serve
 * its queue first, then who has been free the longest), queues. What the server would refuse is left out.
 */
export function targetsOf(
  { agents, queues }: Floor,
  { me, pbx, backTo, queue, isQueued, words }: TargetsWish,
): Targets {
  const needle = fold(words.trim());
  const reached = agents.filter(
    (agent) => agent.pbx === pbx && isReached(agent, me) && matches(agent, needle),
  );
  const serves = (agent: Agent) => (agent.queues.some(({ id }) => id === queue) ? 0 : 1);
  const free = reached
    .filter(({ id, state }) => id !== backTo && state === 'available')
    .sort((a, b) => serves(a) - serves(b) || a.since.localeCompare(b.since));
  return {
    back: reached.find(({ id, state }) => id === backTo && state !== 'offline') ?? null,
    free: free.slice(0, freeShownMax),
    queues: queues
      .filter((one) => one.pbx === pbx && !(isQueued && one.id === queue))
      .filter(({ id, name }) => fold(`${name}\n${id}`).includes(needle))
      .sort((a, b) => a.name.localeCompare(b.name)),
    more: Math.max(0, free.length - freeShownMax),
  };
}

/** He waits in a queue, and nobody speaks with him yet. */
export function isWaiting(call: Call): boolean {
  return (
    call.state === 'in-progress' &&
    call.queueVisits.some(({ to }) => to === null) &&
    !call.segments.some(({ to }) => to === null)
  );
}

/** Of the viewer's own teams, with a phone that can ring; seeing somebody as an administrator is not enough. */
function isReached({ id, teams, devices }: Agent, me: Me): boolean {
  if (id === me.id || devices[0] === undefined || /^local\//i.test(devices[0])) return false;
  return seesEveryTeam(me.roles) || teams.some((team) => me.teams.some((mine) => mine.id === team.id));
}

function matches({ name, devices, teams }: Agent, needle: string): boolean {
  if (needle === '') return true;
  return fold([name, ...devices, ...teams.map((team) => team.name)].join('\n').slice(0, 1000)).includes(
    needle,
  );
}
