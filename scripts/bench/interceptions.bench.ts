/**
 * Calls taken over, of every kind (Dial, Queue, Local chain, outbound), with the agent leaving and listening, by the bundled
 * dialplan alone and by AMI, while SIPp makes other calls. Fails on a customer or an agent who is lost and on anything left
 * on the PBX; says the silence at the customers (aim: at most 300 ms), each customer's longest.
 * Settings: COUNT (1000), LOAD (calls a second beside, 5), WAYS (`dialplan,ami`).
 */
import { openInterceptionScene, runInterceptions } from '../../test/support/interceptions.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { quantile } from './process-cost.ts';

const count = Number(process.env['COUNT'] || 1_000);
const load = Number(process.env['LOAD'] || 5);
const ways = (process.env['WAYS'] || 'dialplan,ami').split(',');
const silenceMaxMs = 300;
/** The load comes in shares, so that it ends when the work does. */
const loadShareSeconds = 10;

const scene = await openInterceptionScene('bench');
try {
  for (const way of ways) {
    const run = await scene.start({ ami: way === 'ami' });
    let isOver = false;
    let loadCalls = 0;
    const loading = (async () => {
      while (!isOver && load > 0) {
        const calls = mixedCalls(load * loadShareSeconds, 611_000_000 + loadCalls);
        await scene.lab.sipp({ calls, callsPerSecond: load }).catch(() => {});
        loadCalls += calls.length;
      }
    })();
    const { silencesMs, ...result } = await runInterceptions(scene, run, Math.ceil(count / ways.length));
    isOver = true;
    await loading;
    const leftBehind = await scene.nothingOfOurs(15_000).then(
      () => [] as string[],
      (error: Error) => [error.message],
    );
    const silence = {
      p50: Math.round(quantile(silencesMs, 0.5)),
      p99: Math.round(quantile(silencesMs, 0.99)),
      max: Math.round(Math.max(0, ...silencesMs)),
      over: silencesMs.filter((ms) => ms > silenceMaxMs).length,
    };
    console.log(
      JSON.stringify({ benchmark: 'interceptions', way, loadCalls, silence, ...result, leftBehind }),
    );
    const { customersLost, agentsLost, faults } = result;
    if (customersLost.length + agentsLost.length + faults.length + leftBehind.length > 0)
      process.exitCode = 1;
    await run.abandon();
  }
} finally {
  await scene.close();
}
