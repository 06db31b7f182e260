import t from 'tap';
import { messageBytesMax } from '../../../src/adapters/phone-gate/phone-gate.ts';
import { messagesPerSecondMax } from '../../../src/adapters/phone-gate/relay.ts';
import { refusalOfMessage } from '../../../src/adapters/phone-gate/sip-screen.ts';
import { phoneGateCloses } from '../../../src/contract/phones.ts';
import { ticketLifeMs, ticketsPerPersonMax } from '../../../src/features/phones/phone-tickets.ts';
import { createIceServers, turnCredentialsMs } from '../../../src/ice-servers.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { waitFor } from '../../support/wait-for.ts';
import { endpointOf, gateScene, personIds, sipMessage } from './gate-scene.ts';

const soonMs = 4_000;
const soon = <T>(read: () => T, good: (value: T) => boolean = Boolean) => waitFor(read, good, soonMs);
const header = { pbx: 'main', source: 'ari', generation: 1, sequence: 1, atMs: 1 } as const;
const registered = (endpoint: string, online: boolean): TelephonyFact =>
  ({ ...header, kind: 'endpoint', device: `PJSIP/${endpoint}`, online }) as TelephonyFact;
const resynced = { ...header, kind: 'resynced', liveUniqueIds: [] } as TelephonyFact;

t.test('A ticket opens the gate once, carries messages both ways, and is of no use again', async (t) => {
  const { connect, open, pbx } = await gateScene(t);
  const { ticket, sip, device } = await connect('sophie');
  t.equal(device, `PJSIP/${endpointOf('sophie')}`);
  t.match(sip, { username: endpointOf('sophie'), password: /^[\w-]{32}$/ });
  const { page, heard } = await open(ticket, 'sophie');
  t.equal(page.protocol, 'sip', 'the ticket is not what the page is answered with');
  page.send(sipMessage());
  await soon(() => pbx.got.length === 1);
  t.equal(pbx.got[0], sipMessage());
  pbx.lines[0]!.send('SIP/2.0 200 OK\r\n\r\n');
  await soon(() => heard.length === 1);
  await t.rejects(open(ticket, 'sophie'), { message: '401' }, 'used');
  t.equal(pbx.lines.length, 1, 'the PBX saw one connection');
});

t.test(
  'The gate stays shut for pages of others, strangers, and tickets that are late or of somebody else',
  async (t) => {
    const { clock, connect, open, pbx } = await gateScene(t);
    const ticket = async () => (await connect('sophie')).ticket;
    await t.rejects(open(await ticket(), 'sophie', { origin: 'https://evil.example' }), { message: '403' });
    await t.rejects(
      open(await ticket(), 'sophie', { origin: null }),
      { message: '403' },
      'a program without Origin',
    );
    await t.rejects(open(await ticket(), 'nobody' as 'sophie'), { message: '401' }, 'no session');
    await t.rejects(open(await ticket(), 'thomas'), { message: '401' }, 'the ticket of another person');
    await t.rejects(open('0'.repeat(48), 'sophie'), { message: '401' }, 'a ticket nobody gave');
    await t.rejects(open('', 'sophie', { protocols: ['sip'] }), { message: '401' }, 'no ticket');
    await t.rejects(open(await ticket(), 'sophie', { path: '/phone/x' }), { message: '404' });
    const [early, late] = [await ticket(), await ticket()];
    clock.nowMs += ticketLifeMs - 1;
    await open(early, 'sophie');
    clock.nowMs += 1;
    await t.rejects(open(late, 'sophie'), { message: '401' }, 'a millisecond late');
    t.equal(pbx.lines.length, 1, 'the PBX saw none of them');
  },
);

t.test(
  'Who may neither listen nor be an agent gets no phone; nor does one who asks without end',
  async (t) => {
    const { connect, clock } = await gateScene(t);
    await t.rejects(connect('admin'), { code: 'not-allowed' });
    for (let i = 0; i < ticketsPerPersonMax; i += 1) await connect('alice');
    await t.rejects(connect('alice'), { code: 'too-many-attempts' });
    await connect('sophie');
    clock.nowMs += ticketLifeMs;
    await connect('alice');
  },
);

t.test(
  'A message of the largest size passes and a longer one ends the connection, as does one message too many',
  async (t) => {
    const { enter, pbx } = await gateScene(t);
    const first = await enter('sophie');
    first.page.send(sipMessage({ bytes: messageBytesMax }));
    await soon(() => pbx.got.length === 1);
    first.page.send(sipMessage({ bytes: messageBytesMax + 1 }));
    await first.closed;
    t.equal(pbx.got.length, 1);
    const second = await enter('sophie');
    for (let i = 0; i < messagesPerSecondMax * 3; i += 1) second.page.send(sipMessage());
    t.equal(await second.closed, phoneGateCloses.refused);
    t.ok(
      pbx.got.length > 1 && pbx.got.length <= messagesPerSecondMax * 2 + 1,
      `${pbx.got.length} came through`,
    );
  },
);

t.test(
  'A phone speaks for itself alone: another’s name, a call it may not make, or no SIP at all end it',
  async (t) => {
    const { enter, pbx } = await gateScene(t);
    const hostile = [
      sipMessage({ from: '1001' }),
      sipMessage({ method: 'INVITE', to: '<sip:0899123456@vigie.invalid>' }),
      'hello',
      Buffer.from(sipMessage()),
    ];
    for (const message of hostile) {
      const { page, closed } = await enter('sophie');
      page.send(message);
      t.equal(await closed, phoneGateCloses.refused);
    }
    t.same(pbx.got, [], 'the PBX heard nothing of it');
  },
);

const rights = { endpoint: 'web-1', mayCall: false };
const own = (change: Parameters<typeof sipMessage>[0]) => sipMessage({ from: 'web-1', ...change });

t.test('What a browser’s phone may say to the PBX', async (t) => {
  const passed: [string, string][] = [
    ['REGISTER', own({})],
    ['a keep-alive', '\r\n\r\n'],
    ['an answer', 'SIP/2.0 200 OK\r\nVia: x\r\nTo: <sip:1001@x>\r\nFrom: <sip:y@x>\r\n\r\nv=0'],
    ['BYE', own({ method: 'BYE' })],
    ['a re-INVITE of its call', own({ method: 'INVITE', to: '<sip:1001@x>;tag=as12' })],
    [
      'its own digest',
      own({ more: ['Authorization: Digest realm="asterisk", username="web-1", response="x"'] }),
    ],
    ['From with a name', own({}).replace('From: <', 'From: "Zoé, 1" <')],
  ];
  for (const [what, text] of passed) t.equal(refusalOfMessage(text, rights), null, what);
  t.equal(
    refusalOfMessage(own({ method: 'INVITE' }), { ...rights, mayCall: true }),
    null,
    'a call where it may',
  );
  const refused: [string, string][] = [
    ['a new call', own({ method: 'INVITE' })],
    ['REFER', own({ method: 'REFER', to: '<sip:x@y>;tag=1' })],
    ['MESSAGE', own({ method: 'MESSAGE' })],
    ['SUBSCRIBE', own({ method: 'SUBSCRIBE' })],
    [
      'Replaces, which takes another’s call',
      own({ method: 'INVITE', to: '<sip:x@y>;tag=1', more: ['Replaces: a;to-tag=b;from-tag=c'] }),
    ],
    ['an identity of its own making', own({ more: ['P-Asserted-Identity: <sip:1001@x>'] })],
    ['a short From', own({}).replace('From:', 'f:')],
    ['two Froms', own({ more: ['From: <sip:1001@x>;tag=1'] })],
    ['a folded From', own({}).replace('From: <', 'From:\r\n <')],
    ['an address in the name', own({}).replace('From: <', 'From: "<sip:1001@x>" <')],
    ['an escaped name', own({}).replace('From: <', 'From: "a\\" <sip:1001@x>" <')],
    ['another’s digest', own({ more: ['Authorization: Digest username="1001", realm="x"'] })],
    ['two names in a digest', own({ more: ['Authorization: Digest username="web-1", username="1001"'] })],
    ['a header of the PBX’s', own({ more: ['X-Endpoint: trunk'] })],
    ['a line feed alone', own({}).replace('Max-Forwards: 69\r\n', 'Max-Forwards: 69\nX: y\r\n')],
    ['no end', 'REGISTER sip:x SIP/2.0\r\nFrom: <sip:web-1@x>'],
    ['65 headers', own({ more: Array.from({ length: 65 }, () => 'Supported: path') })],
  ];
  for (const [what, text] of refused) t.type(refusalOfMessage(text, rights), 'string', what);
});

t.test('Signing out ends the phone at once: its connection, its calls, its place on the PBX', async (t) => {
  const { enter, revoke, accounts, phones } = await gateScene(t);
  const { closed } = await enter('sophie');
  const other = await enter('thomas');
  phones.onFact(registered(endpointOf('sophie'), true));
  t.equal(phones.board.deviceOf(personIds.sophie), `PJSIP/${endpointOf('sophie')}`);
  revoke('sophie');
  t.equal(await closed, phoneGateCloses.notAllowed);
  t.equal(phones.board.deviceOf(personIds.sophie), null);
  await soon(() => !accounts.made.has(endpointOf('sophie')));
  t.same(accounts.hungUp, [endpointOf('sophie')]);
  t.equal(other.page.readyState, other.page.OPEN, 'nobody else’s');
  t.ok(accounts.made.has(endpointOf('thomas')));
});

t.test('Losing the right ends the phone at once', async (t) => {
  const { enter, people, accounts } = await gateScene(t);
  const { closed } = await enter('sophie');
  people.change('sophie', { roles: ['admin'] });
  t.equal(await closed, phoneGateCloses.notAllowed);
  await soon(() => !accounts.made.has(endpointOf('sophie')));
});

t.test(
  'A page that comes back in time keeps its call; another page ends it; a page that stays away loses the phone',
  async (t) => {
    const { enter, accounts, phones, connect } = await gateScene(t, { graceMs: 300 });
    const told: (string | null)[] = [];
    phones.board.onChange((id) => told.push(phones.board.deviceOf(id)));
    const first = await enter('sophie', 1);
    phones.onFact(registered(endpointOf('sophie'), true));
    const { password } = accounts.made.get(endpointOf('sophie'))!;
    first.page.terminate();
    await soon(() => told.length === 2);
    const again = await enter('sophie', 1);
    t.same(accounts.hungUp, [], 'its call goes on');
    phones.onFact(registered(endpointOf('sophie'), true));
    const second = await enter('sophie', 2);
    t.equal(await again.closed, phoneGateCloses.replaced);
    t.same(accounts.hungUp, [endpointOf('sophie')], 'nobody hears the first page’s call any more');
    t.equal((await connect('sophie', 2)).sip.password, password, 'the password stays as long as the phone');
    second.page.close();
    await soon(() => !accounts.made.has(endpointOf('sophie')));
    t.same(told, [`PJSIP/${endpointOf('sophie')}`, null, `PJSIP/${endpointOf('sophie')}`, null]);
    t.not((await connect('sophie', 3)).sip.password, password, 'the next phone has another');
  },
);

t.test(
  'A PBX that has restarted gets the phones again; one that goes away says so to the page',
  async (t) => {
    const { enter, accounts, phones, pbx, address, connect, open } = await gateScene(t);
    const { closed } = await enter('sophie');
    accounts.made.clear();
    phones.onFact(resynced);
    await soon(() => accounts.made.has(endpointOf('sophie')));
    pbx.lines[0]!.terminate();
    t.equal(await closed, phoneGateCloses.pbxGone);
    address.current = 'ws://127.0.0.1:9/ws';
    await t.rejects(open((await connect('sophie')).ticket, 'sophie'), { message: '503' });
    accounts.answer({ ok: false, why: 'unreachable', detail: '' });
    await t.rejects(connect('sophie'), { code: 'pbx-unreachable' });
    accounts.answer({ ok: false, why: 'timeout', detail: '' });
    await t.rejects(connect('sophie'), { code: 'pbx-timeout' });
  },
);

t.test(
  'Where the PBX can make no phones the configured ones are used, and without one the missing lines are named',
  async (t) => {
    const phone = { endpoint: '3001', password: 'configured-secret' };
    const { connect, enter, accounts, phones } = await gateScene(t, {
      configured: new Map([['sophie', phone]]),
      graceMs: 100,
    });
    accounts.answer({ ok: false, why: 'no-dynamic-objects', detail: '' });
    t.match(await connect('sophie'), {
      device: 'PJSIP/3001',
      sip: { username: '3001', password: 'configured-secret' },
    });
    const { page } = await enter('sophie');
    phones.onFact(registered('3001', true));
    t.equal(phones.board.deviceOf(personIds.sophie), 'PJSIP/3001');
    page.close();
    await soon(() => accounts.hungUp.length > 0);
    const refusal = await connect('thomas').catch((error: Error & { code?: string }) => error as never);
    t.match(refusal, { code: 'browser-phone-unavailable', message: /sorcery\.conf.*endpoint = memory/ });
  },
);

t.test('An agent’s browser phone dials where the setting says so, and nobody else’s does', async (t) => {
  const closedShop = await gateScene(t);
  t.equal((await closedShop.connect('alice')).mayCall, false);
  t.equal(closedShop.accounts.made.get(endpointOf('alice'))!.context, 'vigie-no-calls');
  const { connect, accounts, people } = await gateScene(t, { callContextOf: () => 'from-browser' });
  t.equal((await connect('alice')).mayCall, true);
  t.equal(accounts.made.get(endpointOf('alice'))!.context, 'from-browser');
  t.equal((await connect('sophie')).mayCall, false, 'a supervisor’s');
  t.equal(accounts.made.get(endpointOf('sophie'))!.context, 'vigie-no-calls');
  people.change('alice', { devices: ['PJSIP/1001'] });
  t.equal((await connect('alice')).mayCall, false, 'not one of the agent’s devices any more');
  t.equal(accounts.made.get(endpointOf('alice'))!.context, 'vigie-no-calls');
});

t.test('The gate takes as many phones as it may and refuses the next', async (t) => {
  const { enter } = await gateScene(t, { connectionsMax: 2 });
  await enter('sophie');
  const { page } = await enter('thomas');
  await t.rejects(enter('alice'), { message: '503' });
  page.close();
  await waitFor(() => enter('alice'), Boolean, soonMs);
});

t.test(
  'TURN credentials are the server’s own reckoning of a name and an end, and no secret leaves',
  async (t) => {
    const now = 1_800_000_000_500;
    const { iceServers, expiresAtMs } = createIceServers({ urls: ['turn:t.example:3478'], secret: 'north' })(
      'web-1',
      now,
    );
    t.equal(expiresAtMs, now + turnCredentialsMs);
    t.same(iceServers, [
      { urls: ['turn:t.example:3478'], username: '1800043200:web-1', credential: iceServers[0]!.credential },
    ]);
    t.match(iceServers[0]!.credential, /^[A-Za-z0-9+/]{27}=$/);
    t.notOk(JSON.stringify(iceServers).includes('north'));
    t.same(createIceServers(null)('web-1', now), { iceServers: [], expiresAtMs: null });
  },
);
