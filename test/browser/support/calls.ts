import type { Call, CallsSummary } from '../../../src/contract/calls.ts';
import { idOf } from './ids.ts';

const ends = [
  ['answered', 'customer-hung-up', 'customer'],
  ['answered', 'agent-hung-up', 'agent'],
  ['abandoned', 'abandoned-in-queue', 'customer'],
  ['missed', 'no-answer', 'system'],
  ['busy', 'busy', 'callee'],
  ['failed', 'congestion', 'system'],
] as const;

/** A call that began `n` minutes ago or so; finished unless told otherwise. */
export function makeCall(n: number, nowMs: number, part: Partial<Call> = {}): Call {
  const agoMs = part.state === 'in-progress' ? ((n * 37) % 900) * 1000 + 15_000 : (n % 500) * 60_000 + 95_000;
  const startMs = nowMs - agoMs;
  const at = (seconds: number) => new Date(startMs + seconds * 1000).toISOString();
  const [state, reason, endedBy] = ends[n % ends.length]!;
  const running = part.state === 'in-progress';
  const answered = state === 'answered' || running;
  const agent = { id: idOf('agent', n % 50), name: n % 9 === 0 ? 'Zoë 🔥 <b>Bold</b>' : 'Alice Martin' };
  return {
    id: idOf('call', n),
    pbx: 'main',
    uniqueId: `${Math.floor(startMs / 1000)}.${n}`,
    linkedId: `${Math.floor(startMs / 1000)}.${n}`,
    originalCallId: null,
    conversationId: null,
    direction: n % 4 === 3 ? 'outbound' : 'inbound',
    origin: 'queue',
    dialled: '0800123456',
    queue: 'support',
    state,
    phase: running ? 'talking' : 'ended',
    reason: running ? null : reason,
    endedBy: running ? null : endedBy,
    cause: running ? null : 16,
    sipCode: null,
    startedAt: at(0),
    answeredAt: answered ? at(14) : null,
    endedAt: running ? null : at(90),
    lastSeenAt: null,
    menuMs: 2_000,
    waitMs: 12_000,
    ringMs: 5_000,
    talkMs: answered ? 70_000 : 0,
    holdMs: answered ? 6_000 : 0,
    caller: { id: null, number: '0612345678', name: n % 3 === 0 ? 'Société Durand' : null },
    callee: { id: null, number: '0800123456', name: null, publicName: null },
    customer: { id: null, number: '0612345678', name: n % 3 === 0 ? 'Société Durand' : null, nickname: null },
    agent: answered ? agent : null,
    queueVisits: [
      {
        queue: 'support',
        from: at(2),
        to: at(14),
        position: 1,
        outcome: answered ? 'answered' : 'abandoned',
        attempts: [
          {
            agent: { id: idOf('agent', 4), name: 'Bruno Petit' },
            device: 'PJSIP/1004',
            from: at(3),
            to: at(9),
            outcome: 'no-answer',
          },
          {
            agent,
            device: 'PJSIP/1001',
            from: at(9),
            to: at(14),
            outcome: answered ? 'answered' : 'caller-gave-up',
          },
        ],
      },
    ],
    segments: answered
      ? [
          {
            agent,
            device: 'PJSIP/1001',
            from: at(14),
            to: running ? null : at(90),
            talkMs: 70_000,
            holdMs: 6_000,
            endedBecause: running ? null : 'customer-hung-up',
          },
        ]
      : [],
    legs: [
      {
        uniqueId: `${n}.1`,
        channel: 'PJSIP/trunk-00000001',
        device: 'PJSIP/trunk',
        agent: null,
        role: 'customer',
        startedAt: at(0),
        answeredAt: at(14),
        endedAt: running ? null : at(90),
        cause: 16,
        sipCode: null,
      },
      {
        uniqueId: `${n}.2`,
        channel: 'PJSIP/1001-00000002',
        device: 'PJSIP/1001',
        agent,
        role: 'agent',
        startedAt: at(9),
        answeredAt: at(14),
        endedAt: running ? null : at(90),
        cause: 16,
        sipCode: 200,
      },
    ],
    marks: [],
    supervisions:
      answered && n % 2 === 0
        ? [
            {
              id: idOf('supervision', n),
              by: { id: idOf('person', 1), name: 'Nadia Cohen' },
              mode: 'listen',
              from: at(30),
              to: at(60),
            },
          ]
        : [],
    ...part,
  };
}

export function summarise(calls: readonly Call[]): CallsSummary {
  const count = (state: Call['state']) => calls.filter((call) => call.state === state).length;
  return {
    total: calls.length,
    answered: count('answered'),
    abandoned: count('abandoned'),
    missed: count('missed'),
    busy: count('busy'),
    failed: count('failed'),
    inProgress: count('in-progress'),
    averageWaitMs: calls.length > 0 ? 12_000 : null,
    averageTalkMs: calls.length > 0 ? 70_000 : null,
  };
}
