import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import t from 'tap';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import { isAlive, waitFor } from '../../scripts/lab/tools.ts';

const [lab, twin] = await Promise.all([startLab({ name: 'lab-test' }), startLab({ name: 'lab-twin' })]);
t.teardown(() => Promise.all([lab.stop(), twin.stop()]));

/** A customer's call, up, with both its phones. */
async function talk(
  place: Lab,
  to: string,
  agent: string,
): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const arriving = place.phones.nextCall(agent);
  const customer = await place.phones.call({
    from: 'customer',
    callerId: '0612345678',
    callerName: 'Zoé Ñ',
    to,
  });
  const received = await arriving;
  await Promise.all([customer.waitAnswered(), received.waitAnswered()]);
  return { customer, agent: received };
}

/** The span of the next `ms`, once they are over. */
async function spanOf(ms: number, tonesHz: number[]) {
  const fromMs = Date.now();
  await waitFor('time to pass', () => Date.now() >= fromMs + ms, ms + 1000, 5);
  return { fromMs, toMs: fromMs + ms, tonesHz };
}

/** A new stream begins within a moment of an answer, a hold or a transfer; what follows is judged. */
const settled = () => spanOf(200, []);

const noChannels = async (place: Lab) => (await place.pbx.channels()).length === 0;

t.test('Two labs run side by side and know nothing of each other', async (t) => {
  t.not(lab.ports.base, twin.ports.base);
  const { customer, agent } = await talk(twin, '1001', '1001');
  t.equal((await twin.pbx.channels()).length, 2);
  t.equal((await lab.pbx.channels()).length, 0);
  t.same(agent.from, { number: '0612345678', name: 'Zoé Ñ' });
  await agent.hangup();
  t.match(await customer.waitEnded(), { cause: 16, byUs: false });
  t.match(await agent.waitEnded(), { byUs: true });
});

t.test('The ear hears both tones of a call in every frame, and hold and its end', async (t) => {
  const ear = await lab.listen();
  const { customer, agent } = await talk(lab, '1001', '1001');
  await settled();
  const tones = [customer.toneHz, agent.toneHz, 250];
  const talking = await spanOf(1000, tones);
  for (const [listener, speaker] of [
    [customer, agent],
    [agent, customer],
  ] as const) {
    const heard = await ear.heardBy(listener, talking);
    t.ok(heard.frames.length >= 48 && heard.frames.length <= 51, `${heard.frames.length} frames in a second`);
    t.ok(
      heard.levels[speaker.toneHz]!.min > 0.2 && heard.levels[speaker.toneHz]!.max < 0.24,
      'its tone, ±10 %',
    );
    t.ok(heard.levels[listener.toneHz]!.maxDb < -60, 'no echo');
    t.equal(heard.silentFrames, 0);
    t.ok(heard.maxGapMs < 40, `longest gap ${heard.maxGapMs} ms`);
  }
  await agent.hold();
  await settled();
  const held = await ear.heardBy(customer, await spanOf(500, tones));
  t.ok(held.levels[agent.toneHz]!.maxDb < -60, 'the agent is not heard');
  t.ok(held.levels[250]!.min > 0.2, 'the hold music is');
  await agent.unhold();
  await settled();
  const back = await ear.heardBy(customer, await spanOf(500, tones));
  t.ok(back.levels[agent.toneHz]!.min > 0.2, 'the agent is heard again');
  await customer.hangup();
  await agent.waitEnded();
  await ear.close();
});

t.test('The ear decodes A-law, µ-law, G.722 and Opus', async (t) => {
  const ear = await lab.listen();
  for (const [phone, codec, floorDb] of [
    ['1004', 'alaw', -40],
    ['1005', 'ulaw', -40],
    ['1006', 'g722', -40],
    ['1007', 'opus', -40],
  ] as const) {
    const { customer, agent } = await talk(lab, phone, phone);
    await settled();
    const heard = await ear.heardBy(agent, await spanOf(500, [customer.toneHz, 1900]));
    t.equal(heard.codec, codec);
    t.ok(heard.levels[customer.toneHz]!.min > 0.2 && heard.levels[customer.toneHz]!.max < 0.24);
    t.ok(
      heard.levels[1900]!.maxDb < floorDb,
      `${codec}: ${heard.levels[1900]!.maxDb} dB where nothing is played`,
    );
    await customer.hangup();
    await agent.waitEnded();
  }
  await ear.close();
});

t.test('A blind and an attended transfer by the phone take the customer along', async (t) => {
  const { customer, agent } = await talk(lab, '1001', '1001');
  const arriving = lab.phones.nextCall('1002');
  await agent.blindTransfer('1002');
  const second = await arriving;
  await Promise.all([second.waitAnswered(), agent.waitEnded()]);
  await second.hold();
  const consultation = await lab.phones.call({ from: '1002', to: '1003' });
  await consultation.waitAnswered();
  await second.attendedTransfer(consultation);
  await Promise.all([second.waitEnded(), consultation.waitEnded()]);
  const names = (await lab.pbx.channels()).map((channel) => channel.name.replace(/-.*/, '')).sort();
  t.same(names, ['PJSIP/1003', 'PJSIP/trunk']);
  await customer.hangup();
  await waitFor('the PBX to be idle', () => noChannels(lab));
});

t.test('Phones refuse, forward, ring and key as they are told', async (t) => {
  const busy = await lab.phones.call({ from: 'customer', to: '1905' });
  t.match(await busy.waitEnded(), { cause: 17, sipCode: 486, byUs: false });
  const declined = await lab.phones.call({ from: 'customer', to: '1906' });
  t.match(await declined.waitEnded(), { cause: 21, byUs: false });
  t.equal((await lab.phones.log.findLast((call) => call.phone === '1906')?.ended)?.byUs, true);

  const outside = lab.phones.nextCall('0699999999');
  const forwarded = await lab.phones.call({ from: 'customer', to: '1904' });
  t.equal((await outside).to, '0699999999');
  await forwarded.waitAnswered();
  await forwarded.hangup();

  lab.phones.behave('1002', { answer: 'ring' });
  const ringing = lab.phones.nextCall('1002');
  const cancelled = await lab.phones.call({ from: 'customer', to: '1002' });
  const unanswered = await ringing;
  await cancelled.hangup();
  t.match(await unanswered.waitEnded(), { byUs: false });
  t.equal(unanswered.answeredAt, undefined);
  lab.phones.behave('1002', { answer: 'auto' });

  const { customer, agent } = await talk(lab, '1002', '1002');
  await customer.sendDtmf('42');
  await waitFor('the keys to arrive', () => agent.digits === '42');
  await agent.hangup();
  await customer.waitEnded();
});

t.test('SIPp makes calls of every ending and its log tells how each went', async (t) => {
  const calls = await lab.sipp({ calls: mixedCalls(48), callsPerSecond: 20 });
  t.equal(calls.length, 48);
  const endings = Map.groupBy(calls, (call) => call.dialled);
  const expected = {
    8501: 'caller',
    8502: 'callee',
    8503: 'refused',
    8505: 'cancelled',
    8010: 'caller',
    8014: 'callee',
  };
  for (const [dialled, ending] of Object.entries(expected)) {
    const found = endings.get(dialled) ?? [];
    t.same(
      found.map((call) => call.ending),
      [ending, ending, ending, ending],
      dialled,
    );
  }
  t.ok(calls.every((call) => call.endedAt !== undefined));
  t.equal(new Set(calls.map((call) => call.callerId)).size, 48);
  await waitFor('the PBX to be idle', () => noChannels(lab));
});

t.test('The PBX survives kill -9 with its phones still known', async (t) => {
  await twin.pbx.kill();
  await twin.pbx.start();
  const { customer } = await talk(twin, '1003', '1003');
  await customer.hangup();
  t.ok(existsSync(twin.pbx.celFile) && existsSync(twin.pbx.cdrFile));
});

t.test('Stopping leaves no process, no port and no folder', async (t) => {
  const pid = twin.pbx.pid!;
  await twin.stop();
  t.notOk(isAlive(pid));
  t.notOk(existsSync(dirname(dirname(twin.pbx.celFile))));
  for (const port of [twin.ports.base, twin.ports.ari, twin.ports.phonesAri, twin.ports.ami]) {
    const refused = await new Promise((resolve) => {
      createConnection(port, '127.0.0.1', () => resolve(false)).once('error', () => resolve(true));
    });
    t.ok(refused, `port ${port} is free`);
  }
});
