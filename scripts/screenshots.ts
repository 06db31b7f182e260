/**
 * `npm run screenshots`: pictures of every page in both languages and themes, of the demo with real calls and a real
 * supervision. They go to docs/images (or where SCREENSHOTS_DIR says); git keeps those that the README shows.
 * Debian's Inter is installed for the pictures alone: the product uses the reader's own system font.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../src/paths.ts';
import { startDemoTraffic } from './lab/demo.ts';
import { type Lab, startLab } from './lab/index.ts';
import { fontSettings, prettyFont } from './screenshots/font.ts';
import { freePort } from './screenshots/free-port.ts';
import { openStudio } from './screenshots/studio.ts';
import { spyingDialplan, takeTogether } from './screenshots/together.ts';
import { ensureDebianPackages, installDebianPackages } from './setup/debian.ts';
import { ensurePostgres } from './setup/postgres.ts';
import { ensureAgentSignIn, queues, seedDemoPeople } from './up/demo-people.ts';
import { ensureFirstSignIn } from './up/first-sign-in.ts';
import { ensurePanel } from './up/panel.ts';
import { startServer } from './up/server.ts';

const callsPerMinute = 14;
const listenedNumber = '0478112233';
/** Calls that have ended before the pictures are taken, and how long that may take. */
const finishedCallsMin = Number(process.env['SCREENSHOTS_CALLS'] || 22);
const trafficDeadlineMs = 300_000;
/** Pages that only have to be opened. */
const plainPages = [
  ...(['agents', 'agent-form', 'teams', 'queues', 'pauses', 'alerts', 'policy', 'people'] as const),
  ...(['evaluations', 'exchanges', 'audit', 'wall', 'account'] as const),
];
const agentName = 'Alice Martin';
const folder = process.env['SCREENSHOTS_DIR'] || join(projectFolder(), 'docs', 'images');

const say = (line: string): void => console.log(`• ${line}`);
const undo: (() => Promise<unknown>)[] = [];
let releasing: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void release().then(() => process.exit(1)));
try {
  await takeAll();
} finally {
  await release();
}

async function takeAll(): Promise<void> {
  await ensureDebianPackages([{ command: 'chromium', package: 'chromium' }], say);
  if (!prettyFont()) await installDebianPackages(['fonts-inter'], say);
  await ensurePostgres(say);
  ensurePanel(say);
  const dialplan = readFileSync(join(projectFolder(), 'dialplan', 'extensions_vigie.conf'), 'utf8');
  const lab = await startLab({
    name: 'screenshots',
    progress: say,
    pbx: { queues: Object.keys(queues), dialplan: dialplan + spyingDialplan, browserPhones: true },
  });
  undo.push(() => lab.stop());
  const data = mkdtempSync(join(tmpdir(), 'vigie-screenshots-'));
  // As root the database runs as another user.
  chmodSync(data, 0o755);
  undo.push(async () => rmSync(data, { recursive: true, force: true }));
  const { address, signIn } = await startVigie(lab, data);

  // First, while everybody is free: this customer stays on the line until he has been listened to.
  const customer = await lab.phones.call({
    from: 'customer',
    callerId: listenedNumber,
    callerName: 'Claire Mercier',
    to: '8002',
    codec: 'alaw',
  });
  await customer.waitAnswered();
  const pause = await lab.phones.call({ from: '1003', to: '*45' });
  await pause.ended;
  const traffic = startDemoTraffic(lab, { callsPerMinute, seed: 7 });
  undo.push(() => traffic.stop());
  mkdirSync(folder, { recursive: true });
  const studio = await openStudio({ address, signIn, folder, fontConfig: fontSettings(data) });
  undo.push(() => studio.close());
  await studio.take('sign-in');
  await studio.enter();
  say(`Waiting for ${finishedCallsMin} calls to come and go…`);
  await studio.untilCalls(finishedCallsMin, trafficDeadlineMs);
  await studio.take('live-board');
  await studio.take('calls');
  await studio.listenTo(listenedNumber, 'Suivi qualité');
  await studio.take('listening');
  await studio.askTakeover();
  await studio.take('takeover');
  await studio.takeOver();
  await studio.take('hand-over');
  await studio.everywhere((page) => page.keyboard.press('Escape'));
  // The supervisor hangs up, and with him the customer.
  await studio.stopListening();
  await studio.openRecordOf(listenedNumber);
  await studio.take('call-detail');
  await studio.everywhere((page) => page.goto(address));
  await studio.everywhere((page) => page.click('button[data-phone]'));
  await studio.take('phone');
  for (const picture of plainPages) await studio.take(picture);
  const agent = await ensureAgentSignIn(data, address, signIn, agentName);
  await takeTogether({ lab, studio, desk: await studio.openDesk(agent) });
  await studio.changePerson(agent);
  await studio.take('agent-page');
  say(`The pictures are in ${folder}`);
}

async function startVigie(lab: Lab, data: string) {
  const { pbx } = lab;
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: join(data, 'data'),
    LOG_LEVEL: 'warn',
    ARI_URL: pbx.ariUrl,
    ARI_USERNAME: pbx.ariUsername,
    ARI_PASSWORD: pbx.ariPassword,
    AMI_HOST: '127.0.0.1',
    AMI_PORT: String(pbx.amiPort),
    AMI_USERNAME: pbx.amiUsername,
    AMI_PASSWORD: pbx.amiPassword,
  };
  const server = await startServer(env, address);
  undo.push(() => server.stop());
  const signIn = await ensureFirstSignIn(data, env);
  const nameOf = (number: string) => lab.phones.roster.find((phone) => phone.number === number)?.name;
  await seedDemoPeople(address, signIn, (number) => nameOf(number) ?? number);
  return { address, signIn };
}

/** Everything stops, in the other order, once. */
function release(): Promise<void> {
  releasing ??= (async () => {
    for (const one of undo.splice(0).reverse()) await one().catch((error: unknown) => console.error(error));
  })();
  return releasing;
}
