import type { MayDoLeg } from '../../contract/may-do.ts';
import type { AgentTies } from '../../ports/absent.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  DeviceLeg,
  LiveCalls,
  LiveSupervisions,
  PanelPresence,
  PeopleDirectory,
  Person,
} from '../../ports/domain.ts';
import type { AgentView } from '../../ports/live.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { agentView } from './agent-row.ts';
import { agentState, type StateNow } from './agent-state.ts';
import { numberOf } from './device-address.ts';
import { type DevicePresence, doNotDisturbNumber } from './device-presence.ts';
import type { QueueRef } from './live-queues.ts';
import type { Membership, Memberships } from './memberships.ts';
import { type FactOrder, isNewer, orderOf } from './newest-fact.ts';
import { createWrapUps } from './wrap-ups.ts';

export interface LiveAgentsDeps {
  directory: PeopleDirectory;
  calls: LiveCalls;
  supervisions: LiveSupervisions;
  presence: PanelPresence;
  ties: AgentTies;
  devices: DevicePresence;
  memberships: Memberships;
  clock: Clock;
  /** Something is to be settled. */
  onDirty(): void;
  /** An agent's part in these queues changed (his state, or whether he is there at all). */
  onQueuesTouched(queues: readonly QueueRef[]): void;
}

interface Entry {
  state: StateNow | null;
  view: AgentView | null;
  queues: QueueRef[];
  asText: string;
}

/** Every agent's row, recomputed only for those a fact is about. */
export function createLiveAgents(deps: LiveAgentsDeps) {
  const { directory, calls, supervisions, presence, devices, memberships, clock } = deps;
  const entries = new Map<string, Entry>();
  /** Whose row is to be recomputed, and since when. */
  const dirty = new Map<string, number>();
  let changed = new Set<string>();
  const owned = new Map<string, Map<string, Membership>>();
  const amiUp = new Set<string>();
  /** Agents of AgentLogin, by PBX and number. */
  const logins = new Map<string, { pbx: string; agent: string; in: boolean; from: FactOrder }>();
  const loggedIn = new Set<string>();
  const wrapUps = createWrapUps(() => clock.now(), mark);

  function mark(personId: string | undefined): void {
    if (!personId || dirty.has(personId) || !(entries.has(personId) || isAgent(directory.byId(personId))))
      return;
    dirty.set(personId, clock.now());
    deps.onDirty();
  }
  const markAll = (): void => {
    for (const person of directory.all()) if (isAgent(person)) mark(person.id);
    for (const id of entries.keys()) mark(id);
  };
  const ownerOf = (pbx: string, queueInterface: string, stateInterface?: string | null) =>
    directory.byInterface(pbx, queueInterface, stateInterface)?.id;

  function reown(member: Membership): void {
    const key = `${member.queue}\n${member.interface}`;
    const now = memberships.get(member.pbx, member.queue, member.interface);
    const personId = ownerOf(member.pbx, member.interface, (now ?? member).stateInterface);
    if (!personId) return;
    const own = owned.get(personId) ?? new Map<string, Membership>();
    owned.set(personId, own);
    if (now) own.set(key, now);
    else own.delete(key);
    mark(personId);
  }

  function onDirectory(): void {
    loggedIn.clear();
    for (const login of logins.values()) relogin(login);
    owned.clear();
    for (const member of memberships.all()) reown(member);
    markAll();
  }

  function settle(): void {
    for (const [personId, sinceMs] of dirty) {
      dirty.delete(personId);
      settleOne(personId, sinceMs);
    }
  }

  function settleOne(personId: string, changedAtMs: number): void {
    const person = directory.byId(personId);
    const entry = entries.get(personId) ?? { state: null, view: null, queues: [], asText: '' };
    let view: AgentView | null = null;
    if (isAgent(person)) {
      entries.set(personId, entry);
      entry.state = agentState(factsOf(person), entry.state, changedAtMs);
      view = viewOf(person, entry.state);
    } else {
      entries.delete(personId);
    }
    const asText = JSON.stringify(view);
    if (asText === entry.asText) return;
    const queues = [...entry.queues, ...queuesOf(view, person?.pbx)];
    entry.queues = queuesOf(view, person?.pbx);
    entry.asText = asText;
    entry.view = view;
    changed.add(personId);
    deps.onQueuesTouched(queues);
  }

  const legsOf = (person: Person) =>
    person.devices.flatMap((device) => calls.legsOfDevice(person.pbx, device));
  const membershipsOf = (person: Person) => [...(owned.get(person.id)?.values() ?? [])];

  const factsOf = (person: Person) => ({
    legs: legsOf(person),
    memberships: membershipsOf(person),
    wrappingUp: wrapUps.isWrappingUp(person.id, clock.now()),
    doNotDisturb: person.devices.some((device) => devices.isDoNotDisturb(person.pbx, device)),
    reachable: person.devices.some((device) => devices.isReachable(person.pbx, device)),
    signedIn: presence.isPresent(person.id) || loggedIn.has(person.id),
  });

  const { policy, marks, screens, help } = deps.ties;
  const legFactOf = ({ state, certain, takeable, callId }: DeviceLeg): MayDoLeg => {
    const call = calls.byId(callId);
    return { state, certain, takeable, protectedBy: call ? policy.callProtectedBy(call) : null };
  };
  const viewOf = (person: Person, state: StateNow): AgentView =>
    agentView({
      person,
      state,
      help: help.of(person.id),
      screen: screens.of(person.id),
      onPage: presence.isOnAgentPage(person.id),
      legFacts: legsOf(person).map(legFactOf),
      protectedBy: policy.agentProtectedBy(person.id),
      controlRefusal: amiUp.has(person.pbx) ? null : 'needs-ami',
      wrapUpKnown: amiUp.has(person.pbx),
      legs: legsOf(person),
      marksOf: (callId) => marks.of(callId).flatMap(({ kind, to }) => (to === null ? kind : [])),
      memberships: membershipsOf(person),
      supervisions: supervisions.ofAgent(person.id),
      supervising: supervisions.bySupervisor(person.id),
    });

  function onFact(fact: TelephonyFact): void {
    switch (fact.kind) {
      case 'endpoint':
      case 'device-state':
        onDevice(fact.pbx, devices.apply(fact));
        break;
      case 'queue-members':
      case 'queue-member':
      case 'queue-member-gone':
      case 'queue-pause': {
        const touched = memberships.apply(fact);
        for (const member of touched) reown(member);
        // A queue nobody is in is one as well: somebody may be put into it.
        if (touched.length > 0 || fact.kind === 'queue-members')
          deps.onQueuesTouched([{ pbx: fact.pbx, queue: fact.queue }]);
        break;
      }
      case 'wrap-up': {
        const stateInterface = memberships.get(fact.pbx, fact.queue, fact.interface)?.stateInterface;
        const personId = ownerOf(fact.pbx, fact.interface, stateInterface);
        if (personId) wrapUps.set(personId, fact.queue, fact.untilMs);
        mark(personId);
        break;
      }
      case 'agent-login':
        onLogin(fact);
        break;
      case 'ami-connected':
        amiUp.add(fact.pbx);
        markAll();
        break;
      case 'ami-lost':
        amiUp.delete(fact.pbx);
        wrapUps.clear();
        markAll();
        break;
      default:
        // Legs are the calls' business: what they mean for an agent comes from there.
        break;
    }
  }

  function onDevice(pbx: string, device: string | null): void {
    if (device === null) return;
    const number = doNotDisturbNumber(device);
    mark(number === null ? directory.byDevice(pbx, device)?.id : ownerOf(pbx, `hint:${number}`));
    const queues = memberships.queuesUsing(pbx, device).map((queue) => ({ pbx, queue }));
    if (queues.length > 0) deps.onQueuesTouched(queues);
  }

  function onLogin(fact: Extract<TelephonyFact, { kind: 'agent-login' }>): void {
    const agent = numberOf(fact.agent) || fact.agent;
    const key = `${fact.pbx}\n${agent}`;
    if (!isNewer(fact, logins.get(key)?.from)) return;
    const login = { pbx: fact.pbx, agent, in: fact.loggedIn, from: orderOf(fact) };
    logins.set(key, login);
    relogin(login);
  }

  function relogin(login: { pbx: string; agent: string; in: boolean }): void {
    const personId = ownerOf(login.pbx, `Agent:${login.agent}`);
    if (!personId) return;
    if (login.in) loggedIn.add(personId);
    else loggedIn.delete(personId);
    mark(personId);
  }

  const stops = [
    directory.onChange(onDirectory),
    presence.onChange(mark),
    screens.onChange(mark),
    help.onChange(mark),
    policy.onChange(markAll),
    supervisions.onChange((supervision) => {
      mark(supervision.agentId);
      mark(supervision.by.id);
    }),
    calls.onChange(({ pbx, devices: touched }) => {
      for (const device of touched) mark(directory.byDevice(pbx, device)?.id);
    }),
    () => wrapUps.stop(),
  ];
  onDirectory();

  return {
    onFact,
    settle,
    all: (): AgentView[] => [...entries.values()].flatMap((entry) => entry.view ?? []),
    membershipsOf: (id: string): readonly Membership[] => [...(owned.get(id)?.values() ?? [])],
    agentLoginsOf: (id: string): readonly string[] =>
      [...logins.values()]
        .filter((login) => login.in && ownerOf(login.pbx, `Agent:${login.agent}`) === id)
        .map(({ agent }) => agent),
    get: (id: string): AgentView | undefined => entries.get(id)?.view ?? undefined,
    takeChanged(): ReadonlySet<string> {
      const taken = changed;
      changed = new Set();
      return taken;
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

const isAgent = (person: Person | undefined): person is Person => person?.roles.includes('agent') ?? false;
const queuesOf = (view: AgentView | null, pbx = ''): QueueRef[] =>
  view?.row.queues.map(({ id }) => ({ pbx, queue: id })) ?? [];
