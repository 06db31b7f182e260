import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { Lab } from '../lab/index.ts';
import { runVigie, startServer } from '../up/server.ts';
import type { InsideReport } from './inside.ts';

/** A real `vigie serve` under measurement, with a manager signed in. */
export interface MeasuredServer {
  pid: number;
  address: string;
  cookie: string;
  /** What the process sees of itself since the last call. */
  inside(): Promise<InsideReport>;
  /** One panel open: what is pushed is part of the cost. */
  openPanel(): Promise<{ close(): void }>;
  stop(): Promise<void>;
}

const password = 'bench-password';

export async function startMeasuredServer(lab: Lab): Promise<MeasuredServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
  // The database runs as another user, who must get in.
  chmodSync(dataDir, 0o755);
  const port = 18_000 + Math.floor(Math.random() * 2_000);
  const address = `http://127.0.0.1:${port}`;
  const reportFile = join(dataDir, 'inside.json');
  const env = {
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    ARI_URL: lab.pbx.ariUrl,
    ARI_USERNAME: lab.pbx.ariUsername,
    ARI_PASSWORD: lab.pbx.ariPassword,
  };
  const inside = {
    BENCH_REPORT: reportFile,
    NODE_OPTIONS: `--expose-gc --import=${join(import.meta.dirname, 'inside.ts')}`,
  };
  const server = await startServer({ ...env, ...inside }, address);
  const pid = server.process.pid!;
  await runVigie(
    ['user', 'add', '--login', 'bench', '--name', 'Bench', '--role', 'manager'],
    env,
    `${password}\n`,
  );
  const cookie = await signIn(address);
  return {
    pid,
    address,
    cookie,
    async inside() {
      rmSync(reportFile, { force: true });
      process.kill(pid, 'SIGUSR2');
      while (!existsSync(reportFile)) await delay(10);
      await delay(50);
      return JSON.parse(readFileSync(reportFile, 'utf8')) as InsideReport;
    },
    async openPanel() {
      const socket = io(`${address}/live`, { extraHeaders: { cookie }, transports: ['websocket'] });
      await new Promise((resolve) => socket.once('snapshot', resolve));
      return { close: () => void socket.close() };
    },
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function signIn(address: string): Promise<string> {
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'bench', password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
