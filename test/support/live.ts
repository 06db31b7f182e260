import { defaultThresholds } from '../../src/contract/alerts.ts';
/** Builders for tests of the live parts: calls and supervisions as other features would give them. */
import type { Call } from '../../src/contract/calls.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import type { AuditLog, DeviceLeg, LiveCalls, LiveSupervisions } from '../../src/ports/domain.ts';
import type { LiveThresholds } from '../../src/ports/live.ts';
import type { Log } from '../../src/ports/log.ts';
import type { FactHeader, QueueMember, TelephonyFact } from '../../src/ports/telephony-facts.ts';

export const quietLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error: console.error,
  child: () => quietLog,
};

type Body<T> = T extends FactHeader ? Omit<T, keyof FactHeader> : never;

/** Numbers facts as an adapter would. */
export function factory(pbx = 'main') {
  let sequence = 0;
  return (
    body: Body<TelephonyFact>,
    atMs = Date.now(),
    source: FactHeader['source'] = 'ari',
  ): TelephonyFact => ({ pbx, source, generation: 1, sequence: ++sequence, atMs, ...body }) as TelephonyFact;
}

export const queueMember = (queueInterface: string, more: Partial<QueueMember> = {}): QueueMember => ({
  interface: queueInterface,
  stateInterface: null,
  name: null,
  paused: false,
  pauseReason: null,
  penalty: null,
  static: null,
  ...more,
});

const nobody = { id: null, number: null, name: null };
export const buildCall = (call: Partial<Call> & { id: string }): Call => ({
  pbx: 'main',
  uniqueId: call.id,
  linkedId: call.id,
  originalCallId: null,
  conversationId: null,
  direction: 'inbound',
  origin: 'queue',
  dialled: null,
  queue: null,
  state: 'in-progress',
  phase: 'talking',
  reason: null,
  endedBy: null,
  cause: null,
  sipCode: null,
  startedAt: '2026-11-21T09:00:00.000Z',
  answeredAt: null,
  endedAt: null,
  lastSeenAt: null,
  menuMs: 0,
  waitMs: 0,
  ringMs: 0,
  talkMs: 0,
  holdMs: 0,
  caller: nobody,
  callee: { ...nobody, publicName: null },
  customer: null,
  agent: null,
  queueVisits: [],
  segments: [],
  legs: [],
  supervisions: [],
  marks: [],
  ...call,
});

export const buildLeg = (leg: Partial<DeviceLeg> & { device: string; callId: string }): DeviceLeg => ({
  pbx: 'main',
  uniqueId: `${leg.callId}-${leg.device}`,
  channel: `${leg.device}-00000001`,
  state: 'talking',
  sinceMs: Date.parse('2026-11-21T09:00:00.000Z'),
  direction: 'inbound',
  queue: null,
  with: { number: null, name: null },
  takeable: true,
  certain: true,
  ...leg,
});

/** The thresholds nobody has set. */
export const firstThresholds: LiveThresholds = { current: () => defaultThresholds, onChange: () => () => {} };

/** Calls in progress that a test sets by hand. */
export function handMadeCalls() {
  const calls = new Map<string, { call: Call; legs: DeviceLeg[] }>();
  const listeners = new Set<Parameters<LiveCalls['onChange']>[0]>();
  const tell = (call: Call, gone: boolean, devices: string[]): void => {
    for (const listener of listeners) listener({ call, gone, pbx: call.pbx, devices });
  };
  const devicesOf = (id: string): string[] => calls.get(id)?.legs.map((leg) => leg.device) ?? [];
  return {
    all: () => [...calls.values()].map(({ call }) => call),
    byId: (id: string) => calls.get(id)?.call,
    legsOfDevice: (pbx: string, device: string) =>
      [...calls.values()].flatMap(({ legs }) =>
        legs.filter((leg) => leg.pbx === pbx && leg.device === device),
      ),
    onChange(listener: Parameters<LiveCalls['onChange']>[0]) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put(call: Call, legs: DeviceLeg[] = []) {
      const devices = [...new Set([...devicesOf(call.id), ...legs.map((leg) => leg.device)])];
      calls.set(call.id, { call, legs });
      tell(call, false, devices);
    },
    end(call: Call) {
      const devices = devicesOf(call.id);
      calls.delete(call.id);
      tell({ ...call, state: 'answered', phase: 'ended' }, true, devices);
    },
  } satisfies LiveCalls & Record<string, unknown>;
}

export const buildSupervision = (
  supervision: Partial<Supervision> & { id: string; agentId: string },
): Supervision => ({
  by: { id: '00000000-0000-7000-8000-000000000000', name: 'Sophie' },
  calls: [],
  mode: 'listen',
  scope: 'call',
  device: 'phone',
  state: 'live',
  paused: false,
  endsAt: null,
  question: null,
  unheard: null,
  reason: 'training',
  startedAt: '2026-11-21T09:00:00.000Z',
  endedAt: null,
  endedBecause: null,
  onHold: false,
  ...supervision,
});

export function handMadeSupervisions() {
  const all = new Map<string, Supervision>();
  const listeners = new Set<(supervision: Supervision) => void>();
  return {
    all: () => [...all.values()],
    ofAgent: (agentId: string) => [...all.values()].filter((one) => one.agentId === agentId),
    bySupervisor: (personId: string) => [...all.values()].find((one) => one.by.id === personId),
    onChange(listener: (supervision: Supervision) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put(supervision: Supervision) {
      if (supervision.state === 'ended') all.delete(supervision.id);
      else all.set(supervision.id, supervision);
      for (const listener of listeners) listener(supervision);
    },
  } satisfies LiveSupervisions & Record<string, unknown>;
}

/** Settles when the condition holds; rejects with `what` after `limitMs`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** An audit log that only remembers. */
export function handMadeAudit() {
  const entries: Parameters<AuditLog['write']>[0][] = [];
  return {
    entries,
    async write(entry: Parameters<AuditLog['write']>[0]) {
      entries.push(entry);
    },
  } satisfies AuditLog & Record<string, unknown>;
}
