import type { Agent, AgentState } from '../../../src/contract/agents.ts';
import { defaultThresholds } from '../../../src/contract/alerts.ts';
import type { Call } from '../../../src/contract/calls.ts';
import type { LivePbx, LiveQueue, LiveSnapshot } from '../../../src/contract/live.ts';
import { makeCall } from './calls.ts';
import { idOf } from './ids.ts';

/** Names a panel must bear: HTML, right-to-left, emoji, far too long. */
export const hostileNames = [
  '<img src=x onerror="document.title=\'owned\'">',
  'محمد عبد الله الطويل',
  '👩🏽‍💻🔥 Zoë 🇫🇷',
  `${'Très long nom '.repeat(800)}`.slice(0, 10_000),
  '\u202Eesrever\u202C <script>alert(1)</script>',
];
const firstNames = [
  'Alice',
  'Bruno',
  'Chloé',
  'David',
  'Emma',
  'Farid',
  'Gaëlle',
  'Hugo',
  'Inès',
  'Jules',
  'Karim',
  'Léa',
];
const lastNames = [
  'Martin',
  'Bernard',
  'Dubois',
  'Petit',
  'Durand',
  'Leroy',
  'Moreau',
  'Simon',
  'Laurent',
  'Lefèvre',
  'Garcia',
];
const teamNames = ['Paris – Support', 'Lyon – Ventes', 'Nantes – Fidélité', 'Lille – Réclamations'];
const queueNames = ['support', 'ventes', 'facturation'];
const states: AgentState[] = [
  'on-call',
  'available',
  'ringing',
  'on-call',
  'paused',
  'on-hold',
  'available',
  'wrap-up',
  'on-call',
  'offline',
];
const customers = [
  { number: '0612345678', name: 'Société Durand' },
  { number: '+33144556677', name: null },
  { number: null, name: null },
  { number: '0033478112233', name: 'Mme Béatrice Fontaine-Laroche' },
];

const ago = (nowMs: number, seconds: number) => new Date(nowMs - seconds * 1000).toISOString();
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

export interface FloorOptions {
  agents: number;
  nowMs?: number;
  hostile?: boolean;
  pbxs?: LivePbx[];
}

/** A floor of believable people; the same for the same options. */
export function makeFloor({ agents, nowMs = Date.now(), hostile = false, pbxs }: FloorOptions): LiveSnapshot {
  const rows = Array.from({ length: agents }, (_, i) => makeAgent(i, nowMs, hostile));
  const calls = rows.flatMap((agent, i) => agent.calls.map(() => callOf(agent, i, nowMs)));
  if (agents > 0) {
    calls.push(waitingCall(nowMs));
  }
  return {
    seq: 1,
    at: new Date(nowMs).toISOString(),
    agents: rows,
    queues: agents > 0 ? queueNames.map((name, i) => makeQueue(name, i, rows, nowMs)) : [],
    calls,
    supervisions: [],
    outsideListenings: [],
    pbxs: pbxs ?? [makePbx(nowMs)],
    thresholds: defaultThresholds,
  };
}

/** Somebody who waits in the queue `support`, and nobody has spoken with him. */
function waitingCall(nowMs: number): Call {
  const visit = { queue: 'support', from: ago(nowMs, 8), to: null, position: 1, outcome: null, attempts: [] };
  return makeCall(900_001, nowMs, {
    phase: 'queued',
    state: 'in-progress',
    queue: 'support',
    answeredAt: null,
    talkMs: 0,
    agent: null,
    queueVisits: [visit],
    segments: [],
    supervisions: [],
  });
}

export function makePbx(nowMs = Date.now(), part: Partial<LivePbx> = {}): LivePbx {
  const since = ago(nowMs, 3600);
  return {
    name: 'main',
    state: 'connected',
    since,
    detail: null,
    commandsAnswered: true,
    ami: 'connected',
    queueMembershipMaxAgeMs: null,
    ...part,
  };
}

export function makeAgent(i: number, nowMs: number, hostile: boolean): Agent {
  const name = hostile
    ? pick(hostileNames, i)
    : `${pick(firstNames, i * 7)} ${pick(lastNames, i * 3 + Math.floor(i / 12))}`;
  const agent: Agent = {
    id: idOf('agent', i),
    name: i < 132 || hostile ? name : `${name} ${i}`,
    publicName: null,
    teams: [{ id: idOf('team', i % teamNames.length), name: pick(teamNames, i) }],
    pbx: 'main',
    endpoint: `PJSIP/${1000 + i}`,
    devices: i % 53 === 52 ? [] : [`PJSIP/${1000 + i}`],
    interfaces: [],
    state: 'available',
    since: ago(nowMs, 5 + ((i * 37) % 2400)),
    pauseReason: null,
    wrapUpKnown: true,
    calls: [],
    supervising: null,
    queues: [
      {
        id: pick(queueNames, i),
        interface: `PJSIP/${1000 + i}`,
        paused: false,
        pauseReason: null,
        penalty: 0,
        static: true,
      },
    ],
    help: null,
    screen: { state: 'off', watchedBy: [] },
    onPage: false,
    supervisions:
      i === 8
        ? [
            {
              id: idOf('supervision', 1),
              by: { id: idOf('person', 2), name: 'Nadia Cohen' },
              mode: 'whisper',
              state: 'live',
              since: ago(nowMs, 70),
            },
          ]
        : [],
    mayDo: [],
  };
  return inState(agent, pick(states, i), i, nowMs, hostile);
}

/** The same agent in another state, with the call and the rights that go with it. */
export function inState(agent: Agent, state: AgentState, i: number, nowMs: number, hostile = false): Agent {
  const busy = state === 'on-call' || state === 'on-hold' || state === 'ringing';
  const withWhom = hostile ? { number: '0612345678', name: pick(hostileNames, i + 1) } : pick(customers, i);
  return {
    ...agent,
    state,
    pauseReason: state === 'paused' ? pick(['Déjeuner', 'Formation', null], i) : null,
    calls: busy
      ? [
          {
            id: idOf('call', i),
            direction: pick(['inbound', 'inbound', 'outbound'] as const, i),
            queue: pick(queueNames, i),
            with: withWhom,
            state: state === 'ringing' ? 'ringing' : state === 'on-hold' ? 'on-hold' : 'talking',
            since: ago(nowMs, 5 + ((i * 37) % 2400)),
            device: agent.devices[0] ?? 'PJSIP/0',
            marks: [],
          },
        ]
      : [],
    mayDo: busy ? ['listen', 'whisper', 'barge'] : [],
  };
}

function makeQueue(name: string, i: number, agents: readonly Agent[], nowMs: number): LiveQueue {
  const members = agents.filter((agent) => agent.queues.some((queue) => queue.id === name));
  const waiting = [1, 0, 4][i] ?? 0;
  return {
    pbx: 'main',
    id: name,
    name: name[0]!.toUpperCase() + name.slice(1),
    waiting,
    longestWaitSince: waiting > 0 ? ago(nowMs, [8, 0, 74][i] ?? 0) : null,
    agentsTotal: members.length,
    agentsFree: i === 2 ? 0 : members.filter(({ state }) => state === 'available').length,
    agentsPaused: members.filter(({ state }) => state === 'paused').length,
    answeredToday: 120 + 31 * i,
    abandonedToday: 4 + 3 * i,
    serviceLevelToday: [0.93, null, 0.71][i] ?? null,
    serviceLevelTargetMs: 20_000,
  };
}

function callOf(agent: Agent, i: number, nowMs: number): Call {
  const call = agent.calls[0]!;
  const phase = call.state === 'ringing' ? 'ringing' : call.state === 'on-hold' ? 'on-hold' : 'talking';
  return makeCall(i, nowMs, {
    id: call.id,
    phase,
    state: 'in-progress',
    queue: call.queue,
    direction: call.direction,
    customer: { id: null, ...call.with, nickname: null },
    agent: { id: agent.id, name: agent.name },
  });
}
