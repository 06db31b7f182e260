import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import type { PbxChannel } from '../../scripts/lab/pbx.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';

const lab = await startLab({ name: 'lab-dialplan' });
t.teardown(() => lab.stop());
t.setTimeout(240_000);

t.afterEach(async () => {
  await lab.phones.hangupAll();
  await waitFor('the PBX to be idle', async () => (await lab.pbx.channels()).length === 0);
});

const customerCalls = (to: string) => lab.phones.call({ from: 'customer', to });

/** Waits until the PBX's channels, as `endpoint application`, sorted, are these. */
async function channelsBecome(expected: string[], limitMs = 8_000): Promise<void> {
  let seen: string[] = [];
  await waitFor(
    `channels ${expected}`,
    async () => {
      seen = (await lab.pbx.channels()).map(brief).sort();
      return JSON.stringify(seen) === JSON.stringify([...expected].sort());
    },
    limitMs,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; there are ${seen}`);
  });
}

/** `PJSIP/1001-0000a` in Dial → `1001 Dial`. */
function brief(channel: PbxChannel): string {
  const end = channel.name.startsWith('Local/') ? channel.name.slice(-2) : '';
  const place = channel.name.replace(/^PJSIP\//, '').replace(/@.*|-[0-9a-f]{8}.*/, '');
  return `${place}${end} ${channel.application}`;
}

async function withRinging<T>(numbers: string[], work: () => Promise<T>): Promise<T> {
  for (const number of numbers) lab.phones.behave(number, { answer: 'ring' });
  try {
    return await work();
  } finally {
    for (const number of numbers) lab.phones.behave(number, { answer: 'auto' });
  }
}

async function talk(to: string, agent: string): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const arriving = lab.phones.nextCall(agent);
  const customer = await customerCalls(to);
  const received = await arriving;
  await Promise.all([customer.waitAnswered(), received.waitAnswered()]);
  return { customer, agent: received };
}

t.test('A queue with PJSIP members, one with Local members, one with hints, one that rings all', async () => {
  lab.phones.behave('1002', { answer: 'busy' });
  lab.phones.behave('1003', { answer: 'busy' });
  await talk('8001', '1001');
  await channelsBecome(['trunk Queue', '1001 AppQueue']);
  await lab.phones.hangupAll();
  await talk('8004', '1001');
  await lab.phones.hangupAll();
  for (const number of ['1002', '1003']) lab.phones.behave(number, { answer: 'auto' });

  await withRinging(['1005', '1006'], async () => {
    await talk('8002', '1004').catch(() => talk('8002', '1004'));
    await channelsBecome(['trunk Queue', 'Local/1004;1 AppQueue', 'Local/1004;2 Dial', '1004 AppDial']);
  });
  await lab.phones.hangupAll();

  await withRinging(['1008', '1009'], async () => {
    const lost = lab.phones.nextCall('1008');
    await talk('8003', '1007');
    await channelsBecome(['trunk Queue', '1007 AppQueue']);
    await (await lost).waitEnded();
  });
});

t.test(
  'Queues time out, refuse when nobody is there or when they are full, and overflow into voicemail',
  async (t) => {
    await withRinging(['1012'], async () => {
      const timedOut = await customerCalls('8005');
      await channelsBecome(['1012 AppQueue', 'trunk Queue']);
      await channelsBecome(['trunk Playback']);
      t.match(await timedOut.waitEnded(), { byUs: false, cause: 16 });
    });
    const empty = await customerCalls('8006');
    await channelsBecome(['trunk Playback']);
    await empty.waitEnded();
    await customerCalls('8007');
    await channelsBecome(['trunk Queue']);
    await customerCalls('8007');
    await channelsBecome(['trunk Playback', 'trunk Queue']);
    await lab.phones.hangupAll();
    await customerCalls('8012');
    await channelsBecome(['trunk VoiceMail'], 12_000);
  },
);

t.test('Penalties and wrap-up decide whom a queue calls', async (t) => {
  await talk('8008', '1001');
  await talk('8008', '1002');
  await channelsBecome(['trunk Queue', 'trunk Queue', '1001 AppQueue', '1002 AppQueue']);
  await lab.phones.hangupAll();
  const first = await talk('8009', '1001');
  await first.agent.hangup();
  await first.customer.waitEnded();
  const freedAt = Date.now();
  await talk('8009', '1001');
  t.ok(Date.now() - freedAt > 3_000, `called again after ${Date.now() - freedAt} ms of wrap-up`);
});

t.test('A menu leads to a queue by a key', async () => {
  const customer = await customerCalls('8013');
  await channelsBecome(['trunk BackGround']);
  const arriving = Promise.any(['1004', '1005', '1006'].map((number) => lab.phones.nextCall(number)));
  await customer.sendDtmf('2');
  await (await arriving).waitAnswered();
});

t.test('A ring group, a Local chain, two contacts, a second person after the first', async () => {
  await withRinging(['1001', '1002', '1003', '1010'], async () => {
    const group = await customerCalls('8015');
    await channelsBecome(['trunk Dial', '1001 AppDial', '1002 AppDial', '1003 AppDial']);
    await group.hangup();
    const two = await customerCalls('1010');
    await channelsBecome(['trunk Dial', '1010 AppDial', '1010 AppDial']);
    await two.hangup();
  });
  await withRinging(['1001'], () => talk('8029', '1002'));
  await lab.phones.hangupAll();
  await talk('8030', '1004');
  await channelsBecome(['trunk Dial', 'Local/1004;1 AppDial', 'Local/1004;2 Dial', '1004 AppDial']);
});

t.test('Agents of a pool stay on the line between two calls', async () => {
  const staying = await lab.phones.call({ from: '1008', to: '*617001' });
  await staying.waitAnswered();
  const free = async () => /7001 .*NOT_INUSE/.test(await lab.pbx.cli('agent show online'));
  await waitFor('the agent to be free', free);
  for (const to of ['8016', '8017']) {
    const customer = await customerCalls(to);
    await waitFor('the agent to talk', async () =>
      /7001 .* INUSE/.test(await lab.pbx.cli('agent show online')),
    );
    await customer.hangup();
    await waitFor('the agent to be free', free);
  }
});

t.test('Pickup of any call and of a given one; call waiting', async () => {
  await withRinging(['1001'], async () => {
    for (const code of ['*8', '*81001']) {
      const arriving = lab.phones.nextCall('1001');
      const customer = await customerCalls('1001');
      await arriving;
      await lab.phones.call({ from: '1002', to: code });
      await customer.waitAnswered();
      await channelsBecome(['trunk Dial', '1002 AppDial']);
      await lab.phones.hangupAll();
    }
  });
  await talk('1001', '1001');
  const second = lab.phones.nextCall('1001');
  await lab.phones.call({ from: 'customer', to: '1001' });
  await (await second).waitAnswered();
  await channelsBecome(['trunk Dial', 'trunk Dial', '1001 AppDial', '1001 AppDial']);
});

t.test('Parking by the dialplan, by a feature code and by transfer, and fetching', async () => {
  await customerCalls('8026');
  await channelsBecome(['trunk Park']);
  const fetching = await lab.phones.call({ from: '1003', to: '701' });
  await fetching.waitAnswered();
  await channelsBecome(['trunk Park', '1003 ParkedCall']);
  await waitFor('both to be in one bridge', async () => {
    const ids = new Set((await lab.pbx.channels()).map((channel) => channel.bridgeId));
    return ids.size === 1 && !ids.has('');
  });
  await lab.phones.hangupAll();
  const { agent } = await talk('1001', '1001');
  await agent.sendDtmf('#72');
  await waitFor('a parked call', async () =>
    (await lab.pbx.cli('parking show default')).includes('PJSIP/trunk'),
  );
  await lab.phones.hangupAll();
  const other = await talk('1002', '1002');
  await other.agent.blindTransfer('700');
  await waitFor('a parked call', async () =>
    (await lab.pbx.cli('parking show default')).includes('PJSIP/trunk'),
  );
});

t.test('Blind and attended transfers by the PBX’s own codes', async () => {
  const first = await talk('1001', '1001');
  const arriving = lab.phones.nextCall('1002');
  await first.agent.sendDtmf('##1002');
  await (await arriving).waitAnswered();
  await channelsBecome(['trunk Dial', '1002 AppDial']);
  await lab.phones.hangupAll();
  const second = await talk('1001', '1001');
  const consulted = lab.phones.nextCall('1003');
  await second.agent.sendDtmf('*21003');
  await (await consulted).waitAnswered();
  await second.agent.hangup();
  await waitFor('the customer to meet the third', async () => {
    const ids = new Set((await lab.pbx.channels()).map((channel) => channel.bridgeId));
    return ids.size === 1 && !ids.has('');
  });
});

t.test('Conference, voicemail, recording, outside and internal calls', async () => {
  await customerCalls('8018');
  const second = await lab.phones.call({ from: '1003', to: '8018' });
  await second.waitAnswered();
  await waitFor('two in the conference', async () => / 2 /.test(await lab.pbx.cli('confbridge list')));
  await lab.phones.hangupAll();
  for (const [to, application] of [
    ['8019', 'VoiceMail'],
    ['8020', 'Record'],
    ['8027', 'Wait'],
  ] as const) {
    const call = await customerCalls(to);
    await channelsBecome([`trunk ${application}`]);
    await call.hangup();
  }
  const out = await lab.phones.call({ from: '1004', to: '0102030405' });
  await out.waitAnswered();
  await channelsBecome(['1004 Dial', 'trunk AppDial']);
  await out.hangup();
  const inside = await lab.phones.call({ from: '1011', to: '1012' });
  await inside.waitAnswered();
  await channelsBecome(['1011 Dial', '1012 AppDial']);
  await inside.hangup();
  await withRinging(['1001'], async () => {
    for (const to of ['8021', '8022']) {
      const forwarded = await customerCalls(to);
      await forwarded.waitAnswered();
      await channelsBecome(['trunk Dial', 'trunk AppDial']);
      await forwarded.hangup();
    }
  });
});

t.test('Refusals of every kind have their own cause', async (t) => {
  for (const [to, cause] of [
    ['5555', 1],
    ['8023', 34],
    ['8024', 17],
    ['8025', 21],
    ['8031', 1],
    ['8033', 1],
    ['1903', 1],
  ] as const) {
    const call = await customerCalls(to);
    t.equal((await call.waitEnded()).cause, cause, to);
  }
  await withRinging(['1001'], async () => {
    const unanswered = await customerCalls('8028');
    t.match(await unanswered.waitEnded(), { cause: 19, sipCode: 480 });
  });
});

t.test('An agent pauses, unpauses, and cannot leave a queue he is a fixed member of', async () => {
  const paused = async () => (await lab.pbx.cli('queue show sales')).includes('paused:Pause café');
  for (const [code, expected] of [
    ['*45', true],
    ['*46', false],
  ] as const) {
    await lab.phones.call({ from: '1001', to: code });
    await waitFor(`the pause to be ${expected}`, async () => (await paused()) === expected);
  }
  await lab.phones.call({ from: '1011', to: '*47' });
  await waitFor('a new member', async () => (await lab.pbx.cli('queue show sales')).includes('PJSIP/1011'));
  await lab.phones.call({ from: '1011', to: '*48' });
  await waitFor(
    'no such member',
    async () => !(await lab.pbx.cli('queue show sales')).includes('PJSIP/1011'),
  );
});
