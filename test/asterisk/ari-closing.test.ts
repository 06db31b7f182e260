/** However often a server goes away, Asterisk's ARI still answers (asterisk/asterisk#2170). */
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { createPbxReader } from '../../src/adapters/ari/pbx-reader.ts';
import { createAriClient } from '../../src/asterisk-ari-client/index.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { createFactRecorder, createMemoryLog } from '../support/facts.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

const closes = 200;

t.test('200 ends of a reader amid thousands of device states leave ARI answering', async (t) => {
  const lab = await startLab({ name: 'ari-closing' });
  t.teardown(() => lab.stop());
  const { ariUrl: url, ariUsername: username, ariPassword: password } = lab.pbx;
  const ari = createAriClient({ url, username, password, app: 'unused', requestTimeoutMs: 4000 });
  t.teardown(() => ari.close());
  let isChanging = true;
  let changes = 0;
  async function change(deviceName: string): Promise<void> {
    for (; isChanging; changes += 1) {
      const deviceState = changes % 2 ? 'INUSE' : 'NOT_INUSE';
      await ari.deviceStates.update({ deviceName, deviceState });
    }
  }
  const changing = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => change(`Stasis:${name}`)));
  changing.catch(() => {});

  for (let done = 0; done < closes; done += 1) {
    const proxy = await createTcpProxy(Number(new URL(url).port));
    const recorder = createFactRecorder();
    const reader = createPbxReader({
      name: 'main',
      ari: { url: `http://127.0.0.1:${proxy.port}/ari`, username, password, app: `closing-${done}` },
      clock: systemClock,
      log: createMemoryLog(),
      emit: recorder.take,
    });
    reader.start();
    await recorder.next('resynced', () => true, { limitMs: 5000 });
    // Every other time the link ends as that of a killed server does: without a goodbye.
    if (done % 2 === 0) proxy.cut();
    await reader.stop();
    await proxy.close();
  }
  isChanging = false;
  await changing;
  t.ok(changes > closes, `${changes} device states meanwhile`);
  t.ok(Array.isArray(await ari.applications.list()));
});
