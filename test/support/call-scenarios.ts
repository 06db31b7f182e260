/** Real calls in the lab, with the record each must leave. Run for real in test/asterisk, replayed in test/features/calls. */
import type { Lab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import type { Call } from '../../src/contract/calls.ts';

/** What of a record a scenario states. `queues` and `talks` as `sales:answered`, `1001:transferred`. */
export interface Expected {
  direction: Call['direction'];
  state: Call['state'];
  reason: Call['reason'];
  endedBy: Call['endedBy'];
  queues?: string[];
  /** Device's number and the end of each conversation, in their order. */
  talks?: string[];
  attempts?: string[];
  held?: boolean;
  /** Endpoints of all legs, each once, sorted. */
  legs?: string[];
}
export interface Stage {
  lab: Lab;
  /** A customer's number nobody else has. */
  number(): string;
  call(from: string, to: string, callerId?: string): Promise<PhoneCall>;
  /** Calls and waits until the phone called has answered. */
  talk(
    from: string,
    to: string,
    called: string,
    callerId?: string,
  ): Promise<{ caller: PhoneCall; called: PhoneCall }>;
  /** Lets a conversation or a wait last a little. */
  last(ms?: number): Promise<void>;
  /** Waits until the only living call of the number is in the phase. */
  phase(callerNumber: string, phase: Call['phase']): Promise<void>;
  /** How many legs in calls the phone of this number has. */
  legsOf(number: string): number;
}
export interface Scenario {
  name: string;
  /** By caller's number: one record each, in the order of their start. */
  run(stage: Stage): Promise<Record<string, Expected[]>>;
}

const inbound = { direction: 'inbound', talks: [], queues: [] } as const;
export const unanswered = (
  state: Call['state'],
  reason: Call['reason'],
  endedBy: Call['endedBy'],
  more: Partial<Expected> = {},
): Expected => ({ ...inbound, talks: [], queues: [], state, reason, endedBy, ...more });
export const answered = (
  reason: Call['reason'],
  endedBy: Call['endedBy'],
  talks: string[],
  more: Partial<Expected> = {},
): Expected => ({ direction: 'inbound', queues: [], state: 'answered', reason, endedBy, talks, ...more });

/** A customer dials and waits for the end that the PBX makes. */
const dialOnly =
  (to: string, expected: Expected) =>
  async (stage: Stage): Promise<Record<string, Expected[]>> => {
    const number = stage.number();
    const call = await stage.call('customer', to, number);
    await call.waitEnded(15_000);
    return { [number]: [expected] };
  };

/** A customer gives up in some phase. */
const giveUp =
  (to: string, phase: Call['phase'], expected: Expected) =>
  async (stage: Stage): Promise<Record<string, Expected[]>> => {
    const number = stage.number();
    const call = await stage.call('customer', to, number);
    await stage.phase(number, phase);
    await stage.last();
    await call.hangup();
    return { [number]: [expected] };
  };

export const endings: Scenario[] = [
  {
    name: 'A customer who hangs up on an agent is recorded as customer-hung-up',
    async run(stage) {
      const number = stage.number();
      const { caller } = await stage.talk('customer', '1001', '1001', number);
      await caller.hangup();
      return { [number]: [answered('customer-hung-up', 'customer', ['1001:customer-hung-up'])] };
    },
  },
  {
    name: 'An agent who hangs up is recorded as agent-hung-up',
    async run(stage) {
      const number = stage.number();
      const { called } = await stage.talk('customer', '1001', '1001', number);
      await called.hangup();
      return { [number]: [answered('agent-hung-up', 'agent', ['1001:agent-hung-up'])] };
    },
  },
  {
    name: 'An agent who hangs up behind a Local member is recorded as agent-hung-up',
    async run(stage) {
      const number = stage.number();
      stage.lab.phones.behave('1005', { answer: 'ring' });
      stage.lab.phones.behave('1006', { answer: 'ring' });
      const { called } = await stage.talk('customer', '8002', '1004', number);
      await called.hangup();
      const queues = ['support:answered'];
      return { [number]: [answered('agent-hung-up', 'agent', ['1004:agent-hung-up'], { queues })] };
    },
  },
  {
    name: 'A colleague who called and hangs up is caller-hung-up, the other one callee-hung-up',
    async run(stage) {
      const first = await stage.talk('1002', '1001', '1001');
      await first.caller.hangup();
      const second = await stage.talk('1003', '1001', '1001');
      await second.called.hangup();
      const internal = { direction: 'internal', queues: [], state: 'answered' } as const;
      return {
        '1002': [
          {
            ...internal,
            queues: [],
            reason: 'caller-hung-up',
            endedBy: 'caller',
            talks: ['1001:caller-hung-up'],
          },
        ],
        '1003': [
          {
            ...internal,
            queues: [],
            reason: 'callee-hung-up',
            endedBy: 'callee',
            talks: ['1001:callee-hung-up'],
          },
        ],
      };
    },
  },
  {
    name: 'A caller who hangs up in the menu is abandoned-in-menu',
    run: giveUp('8013', 'menu', unanswered('abandoned', 'abandoned-in-menu', 'customer')),
  },
  {
    name: 'A caller who hangs up while queued is abandoned-in-queue',
    run: giveUp(
      '8010',
      'queued',
      unanswered('abandoned', 'abandoned-in-queue', 'customer', { queues: ['waiting:abandoned'] }),
    ),
  },
  {
    name: 'A caller who hangs up while the phone rings is abandoned-ringing',
    async run(stage) {
      stage.lab.phones.behave('1001', { answer: 'ring' });
      return giveUp('1001', 'ringing', unanswered('abandoned', 'abandoned-ringing', 'customer'))(stage);
    },
  },
  {
    name: 'A phone that rings in vain is no-answer',
    async run(stage) {
      stage.lab.phones.behave('1001', { answer: 'ring' });
      return dialOnly('8028', unanswered('missed', 'no-answer', 'system'))(stage);
    },
  },
  {
    name: 'A busy phone is busy',
    async run(stage) {
      stage.lab.phones.behave('1001', { answer: 'busy' });
      return dialOnly('1001', unanswered('busy', 'busy', 'system'))(stage);
    },
  },
  {
    name: 'An agent who declines is rejected',
    async run(stage) {
      stage.lab.phones.behave('1001', { answer: 'reject' });
      return dialOnly('1001', unanswered('missed', 'rejected', 'agent'))(stage);
    },
  },
  {
    name: 'A phone that is off is agent-unreachable',
    run: dialOnly('1903', unanswered('missed', 'agent-unreachable', 'system')),
  },
  {
    name: 'A number that does not exist is invalid-number, whichever way the dialplan says so',
    async run(stage) {
      const invalid = unanswered('failed', 'invalid-number', 'system');
      return {
        ...(await dialOnly('8031', invalid)(stage)),
        ...(await dialOnly('8032', invalid)(stage)),
        ...(await dialOnly('8033', invalid)(stage)),
      };
    },
  },
  {
    name: 'Congestion of the dialplan is congestion, its Busy is busy',
    async run(stage) {
      return {
        ...(await dialOnly('8023', unanswered('failed', 'congestion', 'system'))(stage)),
        ...(await dialOnly('8024', unanswered('busy', 'busy', 'system'))(stage)),
      };
    },
  },
  {
    name: 'A closed announcement is ended-by-dialplan',
    run: dialOnly('8014', unanswered('missed', 'ended-by-dialplan', 'system')),
  },
  {
    name: 'A message left is voicemail',
    run: giveUp('8019', 'voicemail', unanswered('missed', 'voicemail', 'customer')),
  },
  {
    name: 'A call forwarded outside by the dialplan is forwarded-outside, and says who hung up',
    async run(stage) {
      const number = stage.number();
      const { called } = await stage.talk('customer', '8021', '0699999999', number);
      await called.hangup();
      return { [number]: [answered('forwarded-outside', 'callee', ['trunk:callee-hung-up'])] };
    },
  },
  {
    name: 'A call whose phone forwards it (302) is forwarded-outside',
    async run(stage) {
      const number = stage.number();
      stage.lab.phones.behave('1001', { answer: 'forward', forwardTo: '0699999999' });
      const { caller } = await stage.talk('customer', '1001', '0699999999', number);
      await caller.hangup();
      return { [number]: [answered('forwarded-outside', 'customer', ['trunk:customer-hung-up'])] };
    },
  },
  {
    name: 'An agent who calls out: the customer hangs up, is busy, or the agent gives up',
    async run(stage) {
      const outbound = { direction: 'outbound', queues: [] as string[] } as const;
      const first = await stage.talk('1003', '0655000001', '0655000001');
      await first.called.hangup();
      stage.lab.phones.behave('0655000002', { answer: 'busy' });
      await (await stage.call('1005', '0655000002')).waitEnded();
      stage.lab.phones.behave('0655000003', { answer: 'ring' });
      const third = await stage.call('1006', '0655000003');
      await stage.phase('1006', 'ringing');
      await stage.last();
      await third.hangup();
      return {
        '1003': [
          {
            ...outbound,
            state: 'answered',
            reason: 'customer-hung-up',
            endedBy: 'customer',
            talks: ['1003:customer-hung-up'],
          },
        ],
        '1005': [{ ...outbound, state: 'busy', reason: 'busy', endedBy: 'system', talks: [] }],
        '1006': [
          { ...outbound, state: 'abandoned', reason: 'abandoned-ringing', endedBy: 'agent', talks: [] },
        ],
      };
    },
  },
];

export const kinds: Scenario[] = [
  {
    name: 'Ring-all: the losers are answered-elsewhere, never missed',
    async run(stage) {
      const number = stage.number();
      for (const phone of ['1007', '1009']) stage.lab.phones.behave(phone, { answer: 'ring' });
      const { caller } = await stage.talk('customer', '8003', '1008', number);
      await caller.hangup();
      const attempts = ['1007:answered-elsewhere', '1008:answered', '1009:answered-elsewhere'];
      const more = { queues: ['billing:answered'], attempts };
      return { [number]: [answered('customer-hung-up', 'customer', ['1008:customer-hung-up'], more)] };
    },
  },
  {
    name: 'A ring group has one conversation, whoever else rang; a device with two phones rings as one',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      for (const phone of ['1001', '1003']) stage.lab.phones.behave(phone, { answer: 'ring' });
      const group = await stage.talk('customer', '8015', '1002', first);
      await group.caller.hangup();
      stage.lab.phones.behave('1010', { answer: 'manual' });
      const ringing = stage.lab.phones.nextCall('1010');
      await stage.call('customer', '1010', second);
      const phone = await ringing;
      await stage.phase(second, 'ringing');
      await phone.answer();
      await stage.phase(second, 'talking');
      await stage.last();
      await phone.hangup();
      return {
        [first]: [answered('customer-hung-up', 'customer', ['1002:customer-hung-up'])],
        [second]: [answered('agent-hung-up', 'agent', ['1010:agent-hung-up'])],
      };
    },
  },
  {
    name: 'Queues that time out, are empty or full say so',
    async run(stage) {
      stage.lab.phones.behave('1012', { answer: 'ring' });
      const none = ['missed', 'ended-by-dialplan', 'system'] as const;
      const timeout = unanswered('missed', 'no-answer', 'system', {
        queues: ['short:queue-timeout'],
        attempts: ['1012:no-answer'],
      });
      const first = await dialOnly('8005', timeout)(stage);
      const second = await dialOnly('8006', unanswered(...none, { queues: ['nobody:queue-empty'] }))(stage);
      const number = stage.number();
      const waiting = await stage.call('customer', '8007', number);
      await stage.phase(number, 'queued');
      const third = await dialOnly('8007', unanswered(...none, { queues: ['tiny:queue-full'] }))(stage);
      await waiting.hangup();
      const gaveUp = unanswered('abandoned', 'abandoned-in-queue', 'customer', {
        queues: ['tiny:abandoned'],
      });
      return { ...first, ...second, ...third, [number]: [gaveUp] };
    },
  },
  {
    name: 'Overflow: a queue, another queue, voicemail',
    async run(stage) {
      const number = stage.number();
      const call = await stage.call('customer', '8012', number);
      await stage.phase(number, 'voicemail');
      await call.hangup();
      const queues = ['first:queue-timeout', 'second:queue-timeout'];
      return { [number]: [unanswered('missed', 'voicemail', 'customer', { queues })] };
    },
  },
  {
    name: 'A menu before the queue is menu time, not waiting',
    async run(stage) {
      const number = stage.number();
      for (const phone of ['1002', '1003']) stage.lab.phones.behave(phone, { answer: 'busy' });
      const call = await stage.call('customer', '8013', number);
      await call.waitAnswered();
      await stage.phase(number, 'menu');
      await stage.last(600);
      await call.sendDtmf('1');
      await stage.phase(number, 'talking');
      await call.hangup();
      const more = { queues: ['sales:answered'] };
      return { [number]: [answered('customer-hung-up', 'customer', ['1001:customer-hung-up'], more)] };
    },
  },
  {
    name: 'A blind transfer is one call with two conversations',
    async run(stage) {
      const number = stage.number();
      const { called } = await stage.talk('customer', '1001', '1001', number);
      const arriving = stage.lab.phones.nextCall('1002');
      await called.blindTransfer('1002');
      const other = await arriving;
      await stage.phase(number, 'talking');
      await stage.last();
      await other.hangup();
      return { [number]: [answered('agent-hung-up', 'agent', ['1001:transferred', '1002:agent-hung-up'])] };
    },
  },
  {
    name: 'A customer transferred into a queue may abandon there: the call was answered all the same',
    async run(stage) {
      const number = stage.number();
      const { caller, called } = await stage.talk('customer', '1001', '1001', number);
      await called.blindTransfer('8010');
      await stage.phase(number, 'queued');
      await stage.last();
      await caller.hangup();
      const more = { queues: ['waiting:abandoned'] };
      return { [number]: [answered('abandoned-in-queue', 'customer', ['1001:transferred'], more)] };
    },
  },
  {
    name: 'An attended transfer of two calls leaves two records',
    async run(stage) {
      const number = stage.number();
      const { caller, called } = await stage.talk('customer', '1001', '1001', number);
      await called.hold();
      await stage.phase(number, 'on-hold');
      const consult = await stage.talk('1001', '1002', '1002');
      await called.attendedTransfer(consult.caller);
      await stage.phase(number, 'talking');
      await stage.last();
      await caller.hangup();
      const talks = ['1001:transferred', '1002:customer-hung-up'];
      return {
        [number]: [answered('customer-hung-up', 'customer', talks, { held: true })],
        '1001': [
          {
            direction: 'internal',
            queues: [],
            state: 'answered',
            reason: 'caller-hung-up',
            endedBy: 'caller',
            talks: ['1002:transferred'],
          },
        ],
      };
    },
  },
  {
    name: 'An attended transfer by keys is one call: its consultation is laid by the PBX',
    async run(stage) {
      const number = stage.number();
      const { caller, called } = await stage.talk('customer', '1001', '1001', number);
      const arriving = stage.lab.phones.nextCall('1002');
      await called.sendDtmf('*2');
      await stage.last(2_500);
      await called.sendDtmf('1002');
      const other = await arriving;
      await other.waitAnswered();
      await stage.last();
      await called.hangup();
      await stage.phase(number, 'talking');
      await stage.last();
      await caller.hangup();
      const talks = ['1001:transferred', '1002:customer-hung-up'];
      return { [number]: [answered('customer-hung-up', 'customer', talks, { held: true })] };
    },
  },
  {
    name: 'Two colleagues joined by a third go on in the first call',
    async run(stage) {
      const first = await stage.talk('1001', '1002', '1002');
      await first.caller.hold();
      const second = await stage.talk('1001', '1003', '1003');
      await first.caller.attendedTransfer(second.caller);
      await stage.last(600);
      await second.called.hangup();
      const internal = { direction: 'internal', queues: [] as string[], state: 'answered' } as const;
      return {
        '1001': [
          {
            ...internal,
            reason: 'callee-hung-up',
            endedBy: 'callee',
            talks: ['1002:transferred', '1003:callee-hung-up'],
          },
          { ...internal, reason: 'caller-hung-up', endedBy: 'caller', talks: ['1003:transferred'] },
        ],
      };
    },
  },
  {
    name: 'A call picked up by a colleague is his, and his pickup is no call of its own',
    async run(stage) {
      const number = stage.number();
      stage.lab.phones.behave('1001', { answer: 'ring' });
      const caller = await stage.call('customer', '1001', number);
      await stage.phase(number, 'ringing');
      const colleague = await stage.call('1002', '*81001');
      await stage.phase(number, 'talking');
      await stage.last();
      await colleague.hangup();
      await caller.waitEnded();
      return { [number]: [answered('agent-hung-up', 'agent', ['1002:agent-hung-up'])], '1002': [] };
    },
  },
  {
    name: 'A parked call is held until a colleague fetches it',
    async run(stage) {
      const number = stage.number();
      const { caller, called } = await stage.talk('customer', '1001', '1001', number);
      await called.sendDtmf('#72');
      await stage.phase(number, 'parked');
      await stage.last(600);
      const colleague = await stage.call('1002', '701');
      await stage.phase(number, 'talking');
      await stage.last();
      await caller.hangup();
      await colleague.waitEnded();
      const talks = ['1001:parked', '1002:customer-hung-up'];
      return { [number]: [answered('customer-hung-up', 'customer', talks, { held: true })], '1002': [] };
    },
  },
  {
    name: 'In a conference everyone keeps a record of his own',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      const agent = await stage.call('1001', '8018');
      await agent.waitAnswered();
      const one = await stage.call('customer', '8018', first);
      await one.waitAnswered();
      const other = await stage.call('customer', '8018', second);
      await stage.phase(second, 'talking');
      await stage.last();
      await one.hangup();
      await stage.last(100);
      await other.hangup();
      await stage.last(100);
      await agent.hangup();
      return {
        [first]: [
          answered('customer-hung-up', 'customer', ['1001:customer-hung-up', 'trunk:customer-hung-up']),
        ],
        [second]: [
          answered('customer-hung-up', 'customer', ['1001:customer-hung-up', 'trunk:customer-hung-up']),
        ],
        '1001': [
          {
            direction: 'internal',
            queues: [],
            state: 'answered',
            reason: 'caller-hung-up',
            endedBy: 'caller',
            talks: ['trunk:caller-hung-up', 'trunk:caller-hung-up'],
          },
        ],
      };
    },
  },
  {
    name: 'Hold is hold, and call waiting keeps two calls apart',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      const one = await stage.talk('customer', '1001', '1001', first);
      await one.called.hold();
      await stage.phase(first, 'on-hold');
      const other = await stage.talk('customer', '1001', '1001', second);
      await other.called.hangup();
      await one.called.unhold();
      await stage.phase(first, 'talking');
      await stage.last();
      await one.caller.hangup();
      return {
        [first]: [answered('customer-hung-up', 'customer', ['1001:customer-hung-up'], { held: true })],
        [second]: [answered('agent-hung-up', 'agent', ['1001:agent-hung-up'])],
      };
    },
  },
  {
    name: 'An AgentLogin line outlives its calls and is none itself; its customers keep their own records',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      const line = await stage.call('1001', '*617001');
      await line.waitAnswered();
      // The PBX gives him no caller in the first seconds.
      await stage.last(6_500);
      const one = await stage.call('customer', '8016', first);
      await stage.phase(first, 'talking');
      await stage.last(600);
      await one.hangup();
      await stage.last(1_000);
      const other = await stage.call('customer', '8017', second);
      await stage.phase(second, 'talking');
      await stage.last(600);
      await other.hangup();
      await stage.last();
      await line.hangup();
      return {
        [first]: [answered('customer-hung-up', 'customer', ['1001:customer-hung-up'])],
        [second]: [
          answered('customer-hung-up', 'customer', ['1001:customer-hung-up'], {
            queues: ['pool:answered'],
            attempts: ['1001:answered'],
          }),
        ],
        '1001': [],
      };
    },
  },
  {
    name: 'One person, then another, then outside: the attempts are in the record',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      stage.lab.phones.behave('1001', { answer: 'ring' });
      const one = await stage.talk('customer', '8029', '1002', first);
      await one.caller.hangup();
      const other = await stage.talk('customer', '8022', '0699999999', second);
      await other.caller.hangup();
      return {
        [first]: [answered('customer-hung-up', 'customer', ['1002:customer-hung-up'])],
        [second]: [answered('forwarded-outside', 'customer', ['trunk:customer-hung-up'])],
      };
    },
  },
  {
    name: 'A phone that allows direct media, and a Local channel that goes away, change no record',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      const one = await stage.talk('customer', '1011', '1011', first);
      await stage.last(600);
      await one.caller.hangup();
      const other = await stage.talk('customer', '8030', '1004', second);
      await other.called.hangup();
      return {
        [first]: [answered('customer-hung-up', 'customer', ['1011:customer-hung-up'])],
        [second]: [answered('agent-hung-up', 'agent', ['1004:agent-hung-up'])],
      };
    },
  },
  {
    name: 'Click to call, directly and through a Local channel, is an outbound call of the agent',
    async run(stage) {
      const order = async (target: string, customer: string) => {
        const arriving = stage.lab.phones.nextCall(customer);
        await stage.lab.pbx.cli(`channel originate ${target} extension ${customer}@from-internal`);
        const called = await arriving;
        await called.waitAnswered();
        await stage.last();
        await called.hangup();
      };
      await order('PJSIP/1005', '0677000001');
      await order('Local/1006@from-internal', '0677000002');
      const outbound = {
        direction: 'outbound',
        queues: [] as string[],
        state: 'answered',
        reason: 'customer-hung-up',
        endedBy: 'customer',
      } as const;
      return {
        '1005': [{ ...outbound, talks: ['1005:customer-hung-up'] }],
        '1006': [{ ...outbound, talks: ['1006:customer-hung-up'] }],
      };
    },
  },
];

/** The record as scenarios state it. */
export function stated(call: Call, like: Expected): Expected {
  const numberOf = (device: string) => device.replace(/^PJSIP\//, '');
  const seen: Expected = {
    direction: call.direction,
    state: call.state,
    reason: call.reason,
    endedBy: call.endedBy,
    queues: call.queueVisits.map(({ queue, outcome }) => `${queue}:${outcome}`),
    talks: call.segments.map(({ device, endedBecause }) => `${numberOf(device)}:${endedBecause}`),
  };
  if (like.attempts)
    seen.attempts = call.queueVisits
      .flatMap(({ attempts }) => attempts.map(({ device, outcome }) => `${numberOf(device)}:${outcome}`))
      .sort();
  if (like.held !== undefined) seen.held = call.holdMs > 0;
  if (like.legs) seen.legs = [...new Set(call.legs.map(({ device }) => numberOf(device)))].sort();
  return seen;
}
