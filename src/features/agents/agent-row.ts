import type { Agent, AgentCall, AgentQueue, ScreenState } from '../../contract/agents.ts';
import type { NamedRef } from '../../contract/common.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import type { MayDoLeg } from '../../contract/may-do.ts';
import type { Supervision } from '../../contract/supervisions.ts';
import type { DeviceLeg, Person } from '../../ports/domain.ts';
import type { AgentView } from '../../ports/live.ts';
import type { StateNow } from './agent-state.ts';
import type { Membership } from './memberships.ts';

export interface AgentRowFacts {
  person: Person;
  state: StateNow;
  wrapUpKnown: boolean;
  legs: readonly DeviceLeg[];
  /** What holds of a call now. */
  marksOf(callId: string): AgentCall['marks'];
  memberships: readonly Membership[];
  /** Those who supervise him. */
  supervisions: readonly Supervision[];
  /** The supervision he does himself. */
  supervising: Supervision | undefined;
  help: { sinceMs: number; text: string } | null;
  screen: { state: ScreenState; watchedBy: readonly NamedRef[] };
  onPage: boolean;
  /** What the rule of `mayDo` looks at beyond the row. */
  legFacts: readonly MayDoLeg[];
  protectedBy: ErrorCode | null;
  controlRefusal: ErrorCode | null;
}

/** The row of an agent, but for what depends on who looks at it. */
export function agentView(facts: AgentRowFacts): AgentView {
  const { person, state } = facts;
  const row: Omit<Agent, 'mayDo'> = {
    id: person.id,
    name: person.name,
    publicName: person.publicName,
    teams: [...person.teams],
    pbx: person.pbx,
    endpoint: person.devices[0] ?? null,
    devices: [...person.devices],
    interfaces: [...person.interfaces],
    state: state.state,
    since: iso(state.sinceMs),
    pauseReason: state.pauseReason,
    wrapUpKnown: facts.wrapUpKnown,
    calls: callsOf(facts.legs, facts.marksOf),
    supervising: facts.supervising?.id ?? null,
    queues: facts.memberships.map(queueOf).sort((a, b) => a.id.localeCompare(b.id)),
    supervisions: facts.supervisions.map(({ id, by, mode, state, startedAt }) => ({
      id,
      by,
      mode,
      state,
      since: startedAt,
    })),
    help: facts.help && { since: iso(facts.help.sinceMs), text: facts.help.text },
    screen: { state: facts.screen.state, watchedBy: [...facts.screen.watchedBy] },
    onPage: facts.onPage,
  };
  const { memberships } = facts;
  return {
    row,
    teamIds: person.teams.map((team) => team.id),
    facts: {
      legs: facts.legFacts,
      protectedBy: facts.protectedBy,
      inQueue: memberships.length > 0,
      paused: memberships.length > 0 && memberships.every(({ paused }) => paused),
      screen: facts.screen.state,
      controlRefusal: facts.controlRefusal,
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

const importance = { talking: 2, 'on-hold': 1, ringing: 0 } as const;

/** One entry a call, the most advanced of its legs: several phones of one person ring for the same call. */
function callsOf(legs: readonly DeviceLeg[], marksOf: AgentRowFacts['marksOf']): AgentCall[] {
  const chosen = new Map<string, DeviceLeg>();
  for (const leg of legs) {
    const other = chosen.get(leg.callId);
    if (!other || importance[leg.state] > importance[other.state]) chosen.set(leg.callId, leg);
  }
  return [...chosen.values()]
    .sort((a, b) => a.sinceMs - b.sinceMs)
    .map((leg) => ({
      id: leg.callId,
      direction: leg.direction,
      queue: leg.queue,
      with: leg.with,
      state: leg.state,
      since: iso(leg.sinceMs),
      device: leg.device,
      marks: marksOf(leg.callId),
    }));
}

const queueOf = (membership: Membership): AgentQueue => ({
  id: membership.queue,
  interface: membership.interface,
  paused: membership.paused,
  pauseReason: membership.pauseReason,
  penalty: membership.penalty,
  static: membership.static,
});
