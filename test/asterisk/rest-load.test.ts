/** What Vigie asks of the PBX over REST: a fixed number a second, and next to nothing for a call that nobody supervises. */
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';
import { freshDataDir, serveVigie } from '../support/vigie.ts';

t.setTimeout(240_000);
const lab = await startLab({ name: 'rest-load', portBlocks: 2 });
t.teardown(() => lab.stop());
const { ariUrl, ariUsername, ariPassword, amiPort, amiUsername, amiPassword } = lab.pbx;
let requests = 0;
const proxy = await createTcpProxy(lab.ports.ari, (chunk) => {
  requests += chunk.toString('latin1').match(/^(GET|POST|PUT|DELETE) \S+ HTTP\/1\.1\r$/gm)?.length ?? 0;
});
t.teardown(() => proxy.close());

const calls = 200;
const callsPerSecond = 20;
/** What the start asks, and a first sight of the load's phones, is no call's. */
const settleMs = 5_000;
const idleMs = 10_000;
const perCallMax = 0.2;
const perSecondMax = 12;
const ami = {
  AMI_HOST: '127.0.0.1',
  AMI_PORT: String(amiPort),
  AMI_USERNAME: amiUsername,
  AMI_PASSWORD: amiPassword,
};

for (const [name, more] of Object.entries({ 'ARI alone': {}, 'ARI and AMI': ami })) {
  t.test(`With ${name} a call that nobody supervises costs at most ${perCallMax} requests`, async (t) => {
    const server = await serveVigie(t, {
      DATA_DIR: await freshDataDir(t),
      ARI_URL: ariUrl.replace(/:\d+\//, `:${proxy.port}/`),
      ARI_USERNAME: ariUsername,
      ARI_PASSWORD: ariPassword,
      ...more,
    });
    await delay(settleMs);
    const sinceMs = performance.now();
    const before = requests;
    await delay(idleMs);
    const perSecond = (requests - before) / ((performance.now() - sinceMs) / 1_000);
    t.ok(perSecond <= perSecondMax, `without calls ${perSecond.toFixed(1)} requests a second`);
    const startMs = performance.now();
    const atStart = requests;
    await lab.sipp({ calls: mixedCalls(calls), callsPerSecond });
    const fixed = (perSecond * (performance.now() - startMs)) / 1_000;
    const perCall = (requests - atStart - fixed) / calls;
    t.ok(requests > before, 'the requests are seen');
    t.ok(perCall <= perCallMax, `${perCall.toFixed(2)} requests for each call`);
    await server.end();
  });
}
