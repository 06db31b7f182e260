/**
 * From the click (the request leaves) to the event at the other one's page, kept in the database on the way, against the same
 * text passed on by a bare Socket.IO server in the same process, in turns, so that whatever else the machine does hits both
 * alike. The pages are in this process, both servers in another. Settings: MESSAGES (1000), PER_SECOND (50).
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { ChatFound } from '../../src/contract/chat.ts';
import type { ChatServers } from './chat-servers.ts';

const messages = Number(process.env['MESSAGES'] || 1_000);
const perSecond = Number(process.env['PER_SECOND'] || 50);
/** So many that nobody writes faster than he may. */
const pairs = 20;
const aimExtraP99Ms = 15;
const arrivalLimitMs = 5_000;
const text = 'Pensez au rappel du script : présentez-vous et reformulez la demande.';

const people = Array.from({ length: pairs * 2 }, (_, i) => ({
  login: `p${i}`,
  name: `Personne ${i}`,
  roles: [i % 2 === 0 ? ('supervisor' as const) : ('agent' as const)],
  team: 'A',
}));
const servers = fork(join(import.meta.dirname, 'chat-servers.ts'));
servers.once('exit', (code) => code && process.exit(code));
const sockets: Socket[] = [];
try {
  servers.send(people);
  const [where] = (await once(servers, 'message')) as [ChatServers];
  const arrivals = new Map<string, (atMs: number) => void>();
  const writers = await Promise.all(Array.from({ length: pairs }, (_, i) => openPair(where, i, arrivals)));
  const bareMs: number[] = [];
  const chatMs: number[] = [];
  // A first one each, so that neither pays for what is made once.
  for (const { viaChat, viaBare } of writers) await Promise.all([viaChat(), viaBare()]);
  const startMs = performance.now();
  const running: Promise<unknown>[] = [];
  for (let i = 0; i < messages; i++) {
    await delay(Math.max(0, startMs + (i * 1_000) / perSecond - performance.now()));
    const { viaChat, viaBare } = writers[Math.floor(i / 2) % pairs]!;
    const via = i % 2 === 0 ? viaChat() : viaBare();
    running.push(via.then((ms) => void (i % 2 === 0 ? chatMs : bareMs).push(ms)));
  }
  await Promise.all(running);
  const [own, base] = [percentiles(chatMs), percentiles(bareMs)];
  const extraP99Ms = Number((own.p99Ms - base.p99Ms).toFixed(2));
  console.log(
    JSON.stringify({
      benchmark: 'chat-delivery',
      messages,
      perSecond,
      chat: own,
      bare: base,
      extraP99Ms,
      aimExtraP99Ms,
    }),
  );
  if (extraP99Ms > aimExtraP99Ms) process.exitCode = 1;
} finally {
  for (const socket of sockets) socket.disconnect();
  servers.disconnect();
}

/** One supervisor and one agent, connected both ways; each way settles with the ms the text took. */
async function openPair(where: ChatServers, i: number, arrivals: Map<string, (atMs: number) => void>) {
  const [supervisor, agent] = [`p${i * 2}`, `p${i * 2 + 1}`];
  const cookie = where.cookies[supervisor]!;
  const page = await connected(`${where.chatUrl}/agent`, { extraHeaders: { cookie: where.cookies[agent]! } });
  page.on('chat-message', ({ message }: ChatFound) => arrivals.get(message.clientId)?.(performance.now()));
  // As a supervisor's panel has it.
  await connected(`${where.chatUrl}/live`, { extraHeaders: { cookie } });
  const from = await connected(where.bareUrl, { auth: { name: supervisor } });
  const to = await connected(where.bareUrl, { auth: { name: agent } });
  to.on('passed', ({ clientId }: { clientId: string }) => arrivals.get(clientId)?.(performance.now()));

  const timed = async (send: (clientId: string) => unknown): Promise<number> => {
    const clientId = randomUUID();
    const arrived = new Promise<number>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('a message did not arrive')), arrivalLimitMs);
      arrivals.set(clientId, (atMs) => {
        clearTimeout(limit);
        arrivals.delete(clientId);
        resolve(atMs);
      });
    });
    const startMs = performance.now();
    await send(clientId);
    return (await arrived) - startMs;
  };
  return {
    viaBare: () => timed((clientId) => from.emit('pass', agent, { clientId, text })),
    viaChat: () =>
      timed(async (clientId) => {
        const pair = { agentId: where.ids[agent], supervisorId: where.ids[supervisor] };
        const answer = await fetch(`${where.chatUrl}/api/chat/messages`, {
          method: 'POST',
          headers: { cookie, 'content-type': 'application/json' },
          body: JSON.stringify({ ...pair, clientId, text }),
        });
        if (answer.status !== 201) throw new Error(`not sent: ${answer.status} ${await answer.text()}`);
        await answer.arrayBuffer();
      }),
  };
}

async function connected(url: string, options: Parameters<typeof io>[1]): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, ...options });
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('connect_error', reject);
  });
  return socket;
}

function percentiles(values: number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(2));
  return { measured: values.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) };
}
