/** Where there is neither file nor table: Asterisk's journal by its manager (cel_manager) fills a gap of ARI alone. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import { createAmi } from '../../src/adapters/ami/ami.ts';
import { createManagerSource } from '../../src/adapters/cel/manager-source.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { quietLog } from '../support/calls-people.ts';
import { openCallsScene } from '../support/calls-scene.ts';

t.setTimeout(120_000);

t.test('Calls that end or happen while ARI is away keep their true record', async (t) => {
  const source = createManagerSource();
  const append = {
    'cel_manager.conf': '[manager]\nenabled = yes\n',
    'cel.conf': '[manager]\nenabled = yes\n',
  };
  const scene = await openCallsScene({ name: 'cel-manager', pbx: { append, load: ['cel_manager.so'] } }, [], {
    proxied: true,
    journal: true,
    source: () => source,
  });
  t.teardown(() => scene.close());
  const { lab, proxy, facts } = scene;
  const { amiPort: port, amiUsername: username, amiPassword: password } = lab.pbx;
  const ami = createAmi({
    ...{ name: 'main', ami: { host: '127.0.0.1', port, username, password } },
    ...{ clock: systemClock, log: quietLog, onJournal: source.take },
  });
  ami.start(() => {});
  t.teardown(() => ami.stop());
  await waitFor('AMI', () => ami.isConnected);
  const count = (kind: string) => facts.filter((fact) => fact.kind === kind).length;
  const talk = async (number: string, to: string) => {
    const arriving = lab.phones.nextCall(to);
    const customer = await lab.phones.call({ from: 'customer', callerId: number, to });
    const agent = await arriving;
    await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
    return { customer, agent };
  };
  const before = await talk('0711000041', '1001');
  await waitFor('it to talk', () => scene.live('0711000041')[0]?.phase === 'talking');
  const [lost, resynced] = [count('pbx-lost'), count('resynced')];
  proxy!.cut();
  await waitFor('the gap', () => count('pbx-lost') > lost);
  await before.agent.hangup();
  const inside = await talk('0711000042', '1002');
  await inside.customer.hangup();
  await inside.agent.waitEnded();
  proxy!.mend();
  await waitFor('the connection to be back', () => count('resynced') > resynced, 15_000);
  t.match(await scene.record('0711000041'), { state: 'answered', reason: 'agent-hung-up', cause: 16 });
  t.match(await scene.record('0711000042'), { state: 'answered', reason: 'customer-hung-up', cause: 16 });
});
