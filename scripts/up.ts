/**
 * `npm run up`: everything on a bare machine. A real Asterisk with phones, agents and callers, Vigie on it with its own
 * PostgreSQL, and the first sign-in. Ctrl-C stops all of it; a second run carries on with its data.
 */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startDemoTraffic } from './lab/demo.ts';
import { type Lab, startLab } from './lab/index.ts';
import { ensurePostgres } from './setup/postgres.ts';
import { ensureAgentSignIn, queues, seedDemoPeople } from './up/demo-people.ts';
import { ensureFirstSignIn } from './up/first-sign-in.ts';
import { ensurePanel } from './up/panel.ts';
import { startServer } from './up/server.ts';

/** Who may sign in on the agent page. */
const demoAgent = '1001';
const callsPerMinute = Number(process.env['DEMO_CALLS_PER_MINUTE'] || 12);
const port = Number(process.env['PORT'] || 8080);
const host = process.env['HOST'] || '127.0.0.1';
const dataDir =
  process.env['DATA_DIR'] ||
  (process.getuid?.() === 0 ? '/var/lib/vigie-demo' : join(homedir(), '.vigie-demo'));

const demoQueues = Object.keys(queues);

const say = (line: string): void => console.log(`• ${line}`);
const undo: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));

try {
  await up();
} catch (error) {
  if (!stopping) {
    console.error(`\n✗ ${error instanceof Error ? error.message : error}`);
    await end(1);
  }
}

async function up(): Promise<void> {
  await ensurePostgres(say);
  ensurePanel(say);
  say('Starting the demo PBX and its phones…');
  const lab = await startLab({
    name: 'demo',
    progress: say,
    pbx: { queues: demoQueues, browserPhones: true },
  });
  undo.push(() => lab.stop());
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const env = serverEnv(lab);
  const address = `http://${host}:${port}`;
  say('Starting Vigie…');
  const server = await startServer(env, address);
  undo.push(() => server.stop());
  server.process.once('exit', (code) => {
    if (!stopping) void end(code ?? 1);
  });
  const signIn = await ensureFirstSignIn(dataDir, env);
  const nameOf = (number: string) =>
    lab.phones.roster.find((phone) => phone.number === number)?.name ?? number;
  await seedDemoPeople(address, signIn, nameOf);
  const agent = await ensureAgentSignIn(dataDir, address, signIn, nameOf(demoAgent));
  const traffic = startDemoTraffic(lab, { callsPerMinute, seed: Date.now() % 1_000_000 });
  undo.push(() => traffic.stop());
  console.log(`
  Vigie is running on a demo PBX (Asterisk ${lab.version}), with calls coming and going.

    Panel     ${address}
    Sign in   ${signIn.login}   password ${signIn.password}
    Listen    your phone is PJSIP/1901, which answers by itself; or the browser's, in the panel
    Agent     ${address}/agent   ${agent.login}   password ${agent.password}   (${nameOf(demoAgent)})

  Data is kept in ${dataDir}. Ctrl-C stops everything.
`);
}

function serverEnv(lab: Lab): NodeJS.ProcessEnv {
  const { pbx } = lab;
  return {
    HOST: host,
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
    ARI_URL: pbx.ariUrl,
    ARI_USERNAME: pbx.ariUsername,
    ARI_PASSWORD: pbx.ariPassword,
    AMI_HOST: '127.0.0.1',
    AMI_PORT: String(pbx.amiPort),
    AMI_USERNAME: pbx.amiUsername,
    AMI_PASSWORD: pbx.amiPassword,
    CEL_FILE: pbx.celFile,
  };
}

/** Stops everything in the other order, whatever of it runs. */
function end(code: number): Promise<void> {
  stopping ??= (async () => {
    say('Stopping…');
    for (const release of undo.splice(0).reverse())
      await release().catch((error: unknown) => console.error(error));
    say('Everything has stopped');
    process.exit(code);
  })();
  return stopping;
}
