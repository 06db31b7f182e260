/** Entry of the watchdog: see `adapters/watchdog/watchdog.ts`. Reads its orders, then beats, from standard input. */
import { hangUpOrphans } from './adapters/ari/orphans.ts';
import { createLog } from './adapters/log/log.ts';
import { beatEveryMs, beatsMissedMax, type WatchdogOrders } from './adapters/watchdog/protocol.ts';

let orders: WatchdogOrders | undefined;
let text = '';
let missed = 0;
let isOver = false;

const ticks = setInterval(() => {
  missed += 1;
  if (!orders || missed <= beatsMissedMax) return;
  clearInterval(ticks);
  try {
    process.kill(orders.pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}, beatEveryMs);

process.stdin.on('data', (chunk: Buffer) => {
  missed = 0;
  const said = chunk.toString('utf8');
  if (orders) {
    if (said.includes('q')) end();
    return;
  }
  text += said;
  const [line, rest = ''] = text.split('\n', 2);
  if (!text.includes('\n')) return;
  orders = JSON.parse(line!) as WatchdogOrders;
  if (rest.includes('q')) end();
});
// The pipe ends with the server: without a goodbye it was killed.
process.stdin.on('end', () => void afterDeath());
process.stdin.on('error', () => void afterDeath());

async function afterDeath(): Promise<void> {
  clearInterval(ticks);
  if (isOver || !orders) return end();
  isOver = true;
  const { mark, orphanGraceMs: graceMs } = orders;
  const left = { mark, log: createLog('silent'), graceMs };
  await Promise.allSettled(orders.aris.map((ari) => hangUpOrphans(ari, left)));
  end();
}

function end(): never {
  process.exit(0);
}
