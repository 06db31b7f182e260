/** The baseline: `ws` and `JSON.parse`, nothing else, with the server's own event filter. Arguments: ARI address, app. */
import WebSocket from 'ws';
import { eventTypesUsed } from '../../src/adapters/ari/facts.ts';

const [url, app] = process.argv.slice(2);
const authorization = `Basic ${Buffer.from(process.env['ARI_CREDENTIALS'] ?? '').toString('base64')}`;
const socket = new WebSocket(`${url!.replace('http', 'ws')}/events?app=${app}`, {
  headers: { authorization },
});
let events = 0;
socket.on('message', (data) => {
  JSON.parse(String(data));
  events++;
});
socket.on('open', async () => {
  const sources = new URLSearchParams({ eventSource: 'channel:,bridge:,endpoint:' });
  await fetch(`${url}/applications/${app}/subscription?${sources}`, {
    method: 'POST',
    headers: { authorization },
  });
  const allowed = eventTypesUsed.map((type) => ({ type }));
  const reply = await fetch(`${url}/applications/${app}/eventFilter`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ allowed }),
  });
  process.stdout.write(reply.ok ? 'ready\n' : `refused ${reply.status}\n`);
});
process.on('SIGTERM', () => {
  process.stdout.write(`${events}\n`, () => process.exit(0));
});
