/**
 * What Asterisk's memory pays for each call that a server misses over an outbound websocket, with our event filter: growth in
 * an outage of CALLS (2000) above the growth of as many calls with the server there, after a warm-up of as many; and what is
 * given back on return. Setting: CALLS_PER_SECOND (50).
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventTypesUsed } from '../../src/adapters/ari/facts.ts';
import { type AriAcceptor, createAriAcceptor } from '../../src/asterisk-ari-client/index.ts';
import { createTcpProxy } from '../../test/support/tcp-proxy.ts';
import { startLab } from '../lab/index.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { waitFor } from '../lab/tools.ts';
import { residentBytes } from './process-cost.ts';

const total = Number(process.env['CALLS'] || 2_000);
const callsPerSecond = Number(process.env['CALLS_PER_SECOND'] || 50);

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
let acceptor: AriAcceptor | undefined;
server.on('upgrade', (request, socket, head) => {
  if (acceptor) acceptor.handleUpgrade(request, socket, head);
  else socket.destroy();
});
const proxy = await createTcpProxy((server.address() as AddressInfo).port);
const lab = await startLab({
  name: 'pbx-memory',
  portBlocks: 2,
  pbx: { dials: `ws://127.0.0.1:${proxy.port}/asterisk/ws/main` },
});
const { ariUsername: username, ariPassword: password } = lab.pbx;
const ari = createAriAcceptor({ app: 'vigie', username, password, eventTypes: [] });
acceptor = ari;
let frames = 0;
const megabytes = () => residentBytes(lab.pbx.pid!) / 1e6;
const load = () => lab.sipp({ calls: mixedCalls(total), callsPerSecond });
try {
  await waitFor('Asterisk to dial', () => ari.isConnected, 20_000);
  await ari.filterEvents(eventTypesUsed);
  const eventSource = ['channel:', 'bridge:', 'endpoint:'];
  await ari.applications.subscribe({ applicationName: 'vigie', eventSource });
  await load();
  const warmMb = megabytes();
  await load();
  const watchedMb = megabytes();
  frames = ari.stats().frames;
  proxy.cut();
  await load();
  const missedMb = megabytes();
  proxy.mend();
  await waitFor('Asterisk to dial', () => ari.isConnected, 20_000);
  await ari.applications.get({ applicationName: 'vigie' }, { timeoutMs: 60_000 });
  const keptFrames = ari.stats().frames - frames;
  const returnedMb = megabytes();
  const kbPerCall = (mb: number) => Math.round((mb * 1000) / total);
  console.log(
    JSON.stringify({
      benchmark: 'pbx-memory',
      calls: total,
      callsPerSecond,
      residentMb: [warmMb, watchedMb, missedMb, returnedMb].map(Math.round),
      kbPerCall: { watched: kbPerCall(watchedMb - warmMb), missed: kbPerCall(missedMb - watchedMb) },
      keptEventsPerCall: Number((keptFrames / total).toFixed(1)),
      givenBackMb: Math.round(missedMb - returnedMb),
    }),
  );
} finally {
  await ari.close();
  await proxy.close();
  server.close();
  await lab.stop();
}
