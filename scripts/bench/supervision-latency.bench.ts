/**
 * From the click (POST /api/supervisions) to the first audible sample at the supervisor's phone, against the same ARI
 * requests sent by hand to the same PBX: interleaved pairs, the same phones. Aim: median at most 1.10×, p90 at most 10 ms more.
 * Setting: PAIRS (200).
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { autoAnswerVariables, neverForwarded } from '../../src/adapters/ari/ring-variables.ts';
import { createAriClient } from '../../src/asterisk-ari-client/index.ts';
import { type Lab, startLab } from '../lab/index.ts';
import type { PhoneCall } from '../lab/phone-call.ts';
import { waitFor } from '../lab/tools.ts';
import { runVigie, startServer } from '../up/server.ts';
import { median, quantile } from './process-cost.ts';

const pairs = Number(process.env['PAIRS'] || 200);
const password = 'bench-password';
const audible = 0.02;
const listenMs = 300;

const lab = await startLab({ name: 'bench' });
const dataDir = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
// The database runs as another user, who must get in.
chmodSync(dataDir, 0o755);
const port = lab.ports.spare[0];
const address = `http://127.0.0.1:${port}`;
const env = {
  PORT: String(port),
  DATA_DIR: dataDir,
  LOG_LEVEL: 'error',
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const server = await startServer(env, address);
const ari = createAriClient({
  url: lab.pbx.ariUrl,
  username: lab.pbx.ariUsername,
  password: lab.pbx.ariPassword,
  app: 'by-hand',
});
try {
  lab.phones.behave('1901', { answer: 'auto', answerAfterMs: 0 });
  const ear = await lab.listen();
  const { cookie, agentId } = await signInSupervisor();
  ari.connect();
  await ari.whenConnected();
  await lab.phones.call({ from: 'customer', to: '1001' });
  const agentLeg = await waitFor('the agent’s leg', () => legOf(lab, 'PJSIP/1001-'));
  await waitFor('the server to know the call', () => isOnCall(cookie, agentId));
  const ours: number[] = [];
  const byHand: number[] = [];
  for (let i = 0; i < pairs; i++) {
    // Whoever is first finds colder caches: they take turns.
    const rounds = [
      async () => ours.push(await measure(() => click(cookie, agentId))),
      async () => byHand.push(await measure(() => sendByHand(agentLeg))),
    ];
    for (const round of i % 2 ? rounds.toReversed() : rounds) await round();
  }
  const p90ExtraMs = quantile(ours, 0.9) - quantile(byHand, 0.9);
  const round = (ms: number) => Number(ms.toFixed(1));
  console.log(
    JSON.stringify({
      benchmark: 'supervision-latency',
      pairs,
      medianRatio: Number((median(ours) / median(byHand)).toFixed(2)),
      aim: 1.1,
      p90ExtraMs: round(p90ExtraMs),
      aimP90ExtraMs: 10,
      medianMs: { vigie: round(median(ours)), byHand: round(median(byHand)) },
      p90Ms: { vigie: round(quantile(ours, 0.9)), byHand: round(quantile(byHand, 0.9)) },
    }),
  );

  /** Milliseconds from just before `act` to the first packet with sound in it. `act` resolves to what ends it. */
  async function measure(act: () => Promise<() => Promise<unknown>>): Promise<number> {
    const ringing = lab.phones.nextCall('1901');
    const fromMs = performance.timeOrigin + performance.now();
    const end = await act();
    const phone: PhoneCall = await ringing;
    await phone.waitAnswered();
    await delay(listenMs);
    const { frames } = await ear.heardBy(phone, { fromMs, toMs: Date.now() });
    const first = frames.find((frame) => frame.rms > audible);
    if (!first) throw new Error('The supervisor heard nothing');
    await end();
    await phone.waitEnded();
    return first.atMs - fromMs;
  }
} finally {
  await ari.close();
  await server.stop();
  await lab.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function signInSupervisor(): Promise<{ cookie: string; agentId: string }> {
  const who = ['--login', 'sup', '--name', 'Sophie', '--role', 'manager', '--endpoint', 'PJSIP/1901'];
  await runVigie(['user', 'add', ...who], env, `${password}\n`);
  const signedIn = await ask('POST', '/api/session', '', { login: 'sup', password });
  const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
  const agent = await ask('POST', '/api/agents', cookie, { name: 'Alice Martin', endpoint: 'PJSIP/1001' });
  return { cookie, agentId: ((await agent.json()) as { id: string }).id };
}

async function ask(method: string, path: string, cookie: string, body?: unknown): Promise<Response> {
  const reply = await fetch(address + path, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  return reply;
}

async function isOnCall(cookie: string, agentId: string): Promise<boolean> {
  const agent = (await (await ask('GET', `/api/agents/${agentId}`, cookie)).json()) as { state: string };
  return agent.state === 'on-call';
}

async function click(cookie: string, agentId: string): Promise<() => Promise<unknown>> {
  const wish = { agentId, mode: 'listen', scope: 'call', reason: 'bench', device: 'phone' };
  const { id } = (await (await ask('POST', '/api/supervisions', cookie, wish)).json()) as { id: string };
  return () => ask('DELETE', `/api/supervisions/${id}`, cookie);
}

async function legOf({ pbx }: Lab, prefix: string): Promise<string | undefined> {
  return (await pbx.channels()).find(({ name, state }) => name.startsWith(prefix) && state === 'Up')
    ?.uniqueId;
}

/** Bridge, phone and snoop at once; both into the bridge when both are there. */
async function sendByHand(agentLeg: string): Promise<() => Promise<unknown>> {
  const id = randomUUID();
  const [bridgeId, phoneId, snoopId] = [`${id}-bridge`, `${id}-phone`, `${id}-snoop`];
  const there = new Set<string>();
  const both = Promise.withResolvers<void>();
  const stop = ari.onEvent('StasisStart', ({ channel }) => {
    there.add(channel.id);
    if (there.has(phoneId) && there.has(snoopId)) both.resolve();
  });
  const device = 'PJSIP/1901';
  await Promise.all([
    ari.bridges.createWithId({ bridgeId, type: 'mixing' }),
    ari.channels.originateWithId({
      channelId: phoneId,
      endpoint: device,
      app: 'by-hand',
      callerId: '"Alice Martin" <1001>',
      timeout: 20,
      variables: { ...neverForwarded, ...autoAnswerVariables(device), 'CDR_PROP(disable)': '1' },
    }),
    ari.channels.snoopChannelWithId({
      channelId: agentLeg,
      snoopId,
      spy: 'both',
      whisper: 'none',
      app: 'by-hand',
    }),
    both.promise,
  ]);
  stop();
  await ari.channels.setChannelVar({ channelId: snoopId, variable: 'CDR_PROP(disable)', value: '1' });
  await ari.bridges.addChannel({ bridgeId, channel: [phoneId, snoopId] });
  return async () => {
    await Promise.all([phoneId, snoopId].map((channelId) => ari.channels.hangup({ channelId })));
    await ari.bridges.destroy({ bridgeId });
  };
}
