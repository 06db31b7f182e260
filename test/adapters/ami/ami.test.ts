/** The manager's adapter against servers that lie, hang and flood, and its pure parts. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { waitFor } from '../../../scripts/lab/tools.ts';
import { createAmi } from '../../../src/adapters/ami/ami.ts';
import { amiFactOf, wrapUpEndMs } from '../../../src/adapters/ami/ami-facts.ts';
import {
  type AmiMessage,
  amiRequest,
  createAmiReader,
  lineCharsMax,
} from '../../../src/adapters/ami/ami-wire.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { createFactRecorder, createMemoryLog } from '../../support/facts.ts';

const greeting = 'Asterisk Call Manager/11.0.0\r\n';

/** A server on a free port whose every connection is played by `play`. */
async function serve(t: Test, play: (socket: Socket, lines: (text: string) => void) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    play(socket, (text) => void socket.write(text.replaceAll('\n', '\r\n')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A manager that answers as asked by action; unknown actions succeed. */
const manager =
  (answers: Record<string, (id: string) => string> = {}) =>
  (socket: Socket, write: (text: string) => void): void => {
    write(greeting.replace('\r', ''));
    const reader = createAmiReader((message) => {
      const id = message.get('ActionID') ?? '';
      const answer = answers[message.get('Action') ?? ''];
      write(answer ? answer(id) : `Response: Success\nActionID: ${id}\n\n`);
    });
    reader.take(Buffer.from(greeting));
    socket.on('data', (chunk) => reader.take(chunk));
  };

const emptyQueues = (id: string) =>
  `Response: Success\nActionID: ${id}\nEventList: start\n\nEvent: QueueStatusComplete\nActionID: ${id}\nEventList: Complete\n\n`;

function start(t: Test, port: number, password = 'a-secret') {
  const recorder = createFactRecorder();
  const log = createMemoryLog();
  const ami = createAmi({
    name: 'main',
    ami: { host: '127.0.0.1', port, username: 'vigie', password },
    clock: systemClock,
    log,
  });
  ami.start(recorder.take);
  t.teardown(() => ami.stop());
  return { recorder, log, ami };
}

t.test('Messages are read however the network cuts them', async (t) => {
  const text = `${greeting}Response: Success\r\nOutput: a: b\r\nOutput: é\r\n\r\n\r\nEvent: X\r\nEmpty:\r\n\r\n`;
  for (const size of [1, 2, 7, 1000]) {
    const messages: AmiMessage[] = [];
    const reader = createAmiReader((message) => messages.push(message));
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size));
    t.same(
      messages.map((message) => Object.fromEntries(message)),
      [
        { Response: 'Success', Output: 'a: b\né' },
        { Event: 'X', Empty: '' },
      ],
    );
  }
});

t.test('What is no manager, endless lines and endless messages are refused', async (t) => {
  const reader = () => createAmiReader(() => {});
  t.throws(() => reader().take(Buffer.from('HTTP/1.1 400 Bad Request\r\n')), /no Asterisk manager/);
  t.throws(() => reader().take(Buffer.from('x'.repeat(lineCharsMax + 1))), /line is too long/);
  const endless = reader();
  endless.take(Buffer.from(greeting));
  t.throws(() => {
    for (let i = 0; i < 20_000; i++) endless.take(Buffer.from(`Key${i}: value\r\n`));
  }, /message is too long/);
});

t.test('An event nobody reads is dropped, unless it answers a request', async (t) => {
  const taken: (string | undefined)[] = [];
  const reader = createAmiReader(
    (message) => taken.push(message.get('Event') ?? message.get('Response')),
    (event) => event === 'ChanSpyStart',
  );
  const lines = ['Event: VarSet', 'Value: 1', '', 'Event: QueueParams', 'Queue: q', 'ActionID: 7', ''];
  const more = [
    'Event: ChanSpyStart',
    'A: b',
    '',
    'Response: Success',
    'ActionID: 8',
    '',
    'Event: VarSet',
    '',
    '',
  ];
  reader.take(Buffer.from(greeting + [...lines, ...more].join('\r\n')));
  t.same(taken, ['QueueParams', 'ChanSpyStart', 'Success']);
});

t.test('A value cannot become a line of its own', async (t) => {
  const text = amiRequest('QueuePause', { Reason: 'x\r\n\r\nAction: Originate\r\n', Queue: undefined });
  t.equal(text, 'Action: QueuePause\r\nReason: x Action: Originate \r\n\r\n');
});

t.test('Events of the queue class become facts', async (t) => {
  const told = (fields: Record<string, string>) => amiFactOf(new Map(Object.entries(fields)));
  const member = {
    Queue: 'sales',
    Interface: 'PJSIP/1001',
    MemberName: 'Alice',
    StateInterface: 'hint:1001@x',
  };
  t.match(
    told({
      Event: 'QueueMemberPause',
      ...member,
      Paused: '1',
      PausedReason: 'Lunch',
      Penalty: '5',
      Membership: 'static',
    }),
    {
      kind: 'queue-member',
      queue: 'sales',
      member: {
        interface: 'PJSIP/1001',
        stateInterface: 'hint:1001@x',
        name: 'Alice',
        paused: true,
        pauseReason: 'Lunch',
        penalty: 5,
        static: true,
      },
    },
  );
  t.match(told({ Event: 'QueueMemberRemoved', ...member }), {
    kind: 'queue-member-gone',
    interface: 'PJSIP/1001',
  });
  t.match(told({ Event: 'QueueCallerJoin', Queue: 'sales', Uniqueid: '1.1', Position: '2', Count: '3' }), {
    kind: 'queue-caller-joined',
    uniqueId: '1.1',
    position: 2,
    waiting: 3,
  });
  t.match(told({ Event: 'QueueCallerAbandon', Queue: 'sales', Uniqueid: '1.1' }), { abandoned: true });
  t.match(told({ Event: 'QueueCallerLeave', Queue: 'sales', Uniqueid: '1.1' }), { abandoned: false });
  t.match(told({ Event: 'AgentLogin', Agent: '7001', Uniqueid: '1.1' }), { agent: '7001', loggedIn: true });
  t.match(told({ Event: 'AgentLogoff', Agent: '7001', Uniqueid: '1.1' }), { loggedIn: false });
  t.equal(told({ Event: 'Newchannel' }), undefined);
});

t.test('Wrap-up ends when Asterisk itself counts it over', async (t) => {
  const end = (fields: Record<string, string>, queueSeconds: number) =>
    wrapUpEndMs(new Map(Object.entries(fields)), queueSeconds);
  t.equal(end({ LastCall: '1000', InCall: '0', Wrapuptime: '0' }, 5), 1_005_000);
  t.equal(end({ LastCall: '1000', InCall: '0', Wrapuptime: '20' }, 5), 1_020_000);
  t.equal(end({ LastCall: '1000', InCall: '1', Wrapuptime: '20' }, 5), 0);
  t.equal(end({ LastCall: '0', InCall: '0' }, 5), 0);
  t.equal(end({ LastCall: '1000', InCall: '0' }, 0), 0);
});

t.test('Signed in and read, it says so; when the connection ends, it says that and comes back', async (t) => {
  const { port, sockets } = await serve(t, manager({ QueueStatus: emptyQueues }));
  const { recorder, ami } = start(t, port);
  const connected = await recorder.next('ami-connected');
  t.equal(ami.isConnected, true);
  for (const socket of sockets) socket.destroy();
  await recorder.next('ami-lost');
  const back = await recorder.next('ami-connected', (fact) => fact.generation > connected.generation);
  t.ok(back);
});

t.test(
  'A manager that never greets, never answers the login, or refuses it is told, without the secret',
  async (t) => {
    const cases: Array<[string, Parameters<typeof serve>[1], RegExp]> = [
      ['silent', () => {}, /in time/],
      ['web server', (_, write) => write('HTTP/1.1 400 Bad Request\n\n'), /no Asterisk manager/],
      [
        'refusing',
        manager({ Login: (id) => `Response: Error\nActionID: ${id}\nMessage: Authentication failed\n\n` }),
        /Authentication failed/,
      ],
    ];
    await Promise.all(
      cases.map(async ([name, play, detail]) => {
        const { port } = await serve(t, play);
        const { recorder, log, ami } = start(t, port, 'a-very-secret-word');
        const lost = await recorder.next('ami-lost', () => true, { limitMs: 12_000 });
        t.match(lost.detail, detail, name);
        t.equal(ami.isConnected, false);
        t.notMatch(log.text + JSON.stringify(recorder.facts), 'a-very-secret-word');
        t.same(await ami.queues.pause({ queue: null, interface: 'PJSIP/1', paused: true, reason: null }), {
          ok: false,
          why: 'unreachable',
          detail: 'AMI is not connected',
        });
      }),
    );
  },
);

t.test('A flood of garbage in a good session ends it, and nothing else', async (t) => {
  const { port, sockets } = await serve(t, manager({ QueueStatus: emptyQueues }));
  const { recorder } = start(t, port);
  await recorder.next('ami-connected');
  const [socket] = sockets;
  socket!.write(
    `Event: QueueMemberAdded\r\nQueue: \u0000<b>\r\nInterface: ${'i'.repeat(5000)}\r\nPenalty: NaN\r\n\r\n`,
  );
  t.match(await recorder.next('queue-member'), { member: { penalty: 0 } });
  socket!.write('x'.repeat(lineCharsMax * 2));
  t.match(await recorder.next('ami-lost'), { detail: 'a line is too long' });
});

t.test('Stopping while it connects leaves nothing behind', async (t) => {
  const { port, sockets } = await serve(t, () => {});
  const { ami } = start(t, port);
  await waitFor('the connection', () => sockets.size > 0);
  const begunAt = Date.now();
  await ami.stop();
  t.ok(Date.now() - begunAt < 1000);
});
