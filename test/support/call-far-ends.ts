/** Real calls whose far end, media or bystanders are out of the ordinary. */
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import type { LoadOrder } from '../../scripts/lab/sipp.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { answered, type Expected, type Scenario, type Stage, unanswered } from './call-scenarios.ts';

const outbound = { direction: 'outbound', queues: [] as string[], talks: [] as string[] } as const;

/** A customer of SIPp, who sends no media, calls a far end of SIPp. */
async function silentCall(stage: Stage, to: string, plan: LoadOrder['plan']): Promise<string> {
  const callerId = stage.number();
  const calls = [{ to, callerId, plan, afterMs: 300 }];
  await stage.lab.sipp({ calls, callsPerSecond: 1, limitMs: 20_000 });
  return callerId;
}

export const farEnds: Scenario[] = [
  {
    name: 'A conversation that ends because no media comes is media-failure',
    async run(stage) {
      const number = await silentCall(stage, '8512', 'wait');
      return { [number]: [answered('media-failure', 'system', ['load-silent:unknown'])] };
    },
  },
  {
    name: 'Congestion of a far end (503) is congestion',
    async run(stage) {
      const number = await silentCall(stage, '8508', 'hangup');
      return { [number]: [unanswered('failed', 'congestion', 'system')] };
    },
  },
  {
    name: 'An agent who calls out: the customer declines, is busy, does not exist, or the network is congested',
    async run(stage) {
      const refused = async (
        from: string,
        to: string,
        behaviour: { answer: 'reject' | 'busy'; sipCode?: number },
      ) => {
        stage.lab.phones.behave(to, behaviour);
        await (await stage.call(from, to)).waitEnded();
      };
      await refused('1001', '0655000011', { answer: 'reject' });
      await refused('1002', '0655000012', { answer: 'busy' });
      await refused('1003', '0655000013', { answer: 'reject', sipCode: 404 });
      await refused('1005', '0655000014', { answer: 'reject', sipCode: 503 });
      return {
        '1001': [{ ...outbound, state: 'missed', reason: 'rejected', endedBy: 'customer' }],
        '1002': [{ ...outbound, state: 'busy', reason: 'busy', endedBy: 'system' }],
        '1003': [{ ...outbound, state: 'failed', reason: 'invalid-number', endedBy: 'system' }],
        '1005': [{ ...outbound, state: 'failed', reason: 'congestion', endedBy: 'system' }],
      };
    },
  },
  {
    name: 'A queue whose members are told by hints does not ring an agent who is busy with another call',
    async run(stage) {
      const [first, second, third] = [stage.number(), stage.number(), stage.number()];
      const one = await stage.talk('customer', '1001', '1001', first);
      const two = await stage.talk('customer', '8004', '1002', second);
      await one.caller.hangup();
      await stage.last(600);
      const three = await stage.talk('customer', '8004', '1001', third);
      await three.called.hangup();
      await two.caller.hangup();
      const hinted = (attempt: string) => ({ queues: ['hinted:answered'], attempts: [attempt] });
      return {
        [first]: [answered('customer-hung-up', 'customer', ['1001:customer-hung-up'])],
        [second]: [
          answered('customer-hung-up', 'customer', ['1002:customer-hung-up'], hinted('1002:answered')),
        ],
        [third]: [answered('agent-hung-up', 'agent', ['1001:agent-hung-up'], hinted('1001:answered'))],
      };
    },
  },
  {
    name: 'Codecs that differ on the two sides of a call change no record',
    async run(stage) {
      const expected: Record<string, Expected[]> = {};
      const pairs = [
        ['g722', '1007'],
        ['alaw', '1001'],
        ['opus', '1005'],
      ] as const;
      for (const [codec, to] of pairs) {
        const number = stage.number();
        const arriving = stage.lab.phones.nextCall(to);
        const caller = await stage.lab.phones.call({ from: 'customer', to, codec, callerId: number });
        const agent = await arriving;
        await Promise.all([caller.waitAnswered(), agent.waitAnswered()]);
        await stage.phase(number, 'talking');
        await agent.hold();
        await stage.phase(number, 'on-hold');
        await stage.last(600);
        await agent.unhold();
        await stage.phase(number, 'talking');
        await stage.last();
        await caller.hangup();
        expected[number] = [
          answered('customer-hung-up', 'customer', [`${to}:customer-hung-up`], {
            held: true,
            legs: [to, 'trunk'],
          }),
        ];
      }
      return expected;
    },
  },
  {
    name: 'A call whose media goes directly between the phones is held and ended as any other',
    async run(stage) {
      const number = stage.number();
      const talkDirectly = async (from: string, callerId?: string) => {
        const arriving = stage.lab.phones.nextCall('1011');
        const order = { from, to: '8513', codec: 'alaw', ...(callerId ? { callerId } : {}) } as const;
        const caller = await stage.lab.phones.call(order);
        const agent = await arriving;
        await Promise.all([caller.waitAnswered(), agent.waitAnswered()]);
        await stage.phase(callerId ?? from, 'talking');
        await waitFor('media to go directly', () => isDirect(stage, [caller, agent]), 5_000);
        await agent.hold();
        await stage.phase(callerId ?? from, 'on-hold');
        await stage.last(600);
        await agent.unhold();
        await stage.phase(callerId ?? from, 'talking');
        await waitFor('media to go directly again', () => isDirect(stage, [caller, agent]), 5_000);
        await stage.last();
        return { caller, agent };
      };
      const { caller } = await talkDirectly('customer', number);
      await caller.hangup();
      const other = await talkDirectly('1012');
      await other.agent.hangup();
      return {
        [number]: [
          answered('customer-hung-up', 'customer', ['1011:customer-hung-up'], {
            held: true,
            legs: ['1011', 'trunk'],
          }),
        ],
        '1012': [
          {
            direction: 'internal',
            queues: [],
            state: 'answered',
            reason: 'callee-hung-up',
            endedBy: 'callee',
            talks: ['1011:callee-hung-up'],
            held: true,
          },
        ],
      };
    },
  },
  {
    name: 'Two customers whom an agent joins keep a record each',
    async run(stage) {
      const [first, second] = [stage.number(), stage.number()];
      const one = await stage.talk('customer', '1001', '1001', first);
      await one.called.hold();
      const two = await stage.talk('customer', '1001', '1001', second);
      await one.called.attendedTransfer(two.called);
      await stage.last(1_000);
      await one.caller.hangup();
      await two.caller.waitEnded();
      return {
        [first]: [
          answered('forwarded-outside', 'customer', ['1001:transferred', 'trunk:customer-hung-up'], {
            held: true,
          }),
        ],
        [second]: [answered('forwarded-outside', 'callee', ['1001:transferred', 'trunk:callee-hung-up'])],
      };
    },
  },
  {
    name: 'A supervisor who is rung and listens is in no record, and on no call',
    async run(stage) {
      const { ari } = stage.lab.pbx;
      const number = stage.number();
      stage.lab.phones.behave('1901', { answer: 'manual' });
      const { caller } = await stage.talk('customer', '1001', '1001', number);
      const agent = (await stage.lab.pbx.channels()).find(({ name }) => name.startsWith('PJSIP/1001-'))!;
      const socket = await ari.events('bystander', () => {});
      try {
        const arriving = stage.lab.phones.nextCall('1901');
        const ids = {
          phone: `vigie-${number}-phone`,
          snoop: `vigie-${number}-snoop`,
          bridge: `vigie-${number}`,
        };
        await ari.request('POST', '/channels', {
          channelId: ids.phone,
          endpoint: 'PJSIP/1901',
          app: 'bystander',
        });
        const phone = await arriving;
        await stage.last();
        mustBeNobody(stage.legsOf('1901'));
        await phone.answer();
        await phone.waitAnswered();
        const snoop = { app: 'bystander', spy: 'both' };
        await ari.request('POST', `/channels/${agent.uniqueId}/snoop/${ids.snoop}`, snoop);
        await ari.request('POST', `/bridges/${ids.bridge}`, { type: 'mixing' });
        const channel = `${ids.phone},${ids.snoop}`;
        await ari.request('POST', `/bridges/${ids.bridge}/addChannel`, { channel });
        await stage.last(1_000);
        mustBeNobody(stage.legsOf('1901'));
        await caller.hangup();
        await phone.hangup();
        await ari.request('DELETE', `/bridges/${ids.bridge}`);
      } finally {
        socket.close();
      }
      const legs = ['1001', 'trunk'];
      return {
        [number]: [answered('customer-hung-up', 'customer', ['1001:customer-hung-up'], { legs })],
        '1901': [],
      };
    },
  },
];

function mustBeNobody(legs: number): void {
  if (legs !== 0) throw new Error(`a supervisor's phone has ${legs} legs in calls`);
}

/** Whether both legs of the PBX's one call tell their phones to send to the other phone. */
async function isDirect({ lab: { pbx } }: Stage, phones: readonly PhoneCall[]): Promise<boolean> {
  const ports = phones.map(({ rtpPort }) => `127.0.0.1:${rtpPort}`);
  const direct = (await pbx.channels()).map(async ({ uniqueId }) => {
    const query = { variable: 'CHANNEL(rtp,direct)' };
    return (await pbx.ari.request<{ value: string }>('GET', `/channels/${uniqueId}/variable`, query)).value;
  });
  return JSON.stringify((await Promise.all(direct)).sort()) === JSON.stringify(ports.sort());
}
