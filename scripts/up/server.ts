import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectFolder } from '../../src/paths.ts';

const readyDeadlineMs = 60_000;
const stopDeadlineMs = 15_000;

/** A `vigie` process: the sources, run by the Node that runs us. */
export function vigie(
  args: string[],
  env: NodeJS.ProcessEnv,
  stdio: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  const node = [process.execPath, join(projectFolder(), 'src', 'main.ts'), ...args];
  // It is told to stop when we are gone without having said so (`kill -9`).
  return spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...node], {
    env: { ...process.env, ...env },
    // A group of its own: Ctrl-C reaches us alone, and we stop things in their order.
    detached: true,
    stdio: stdio === 'inherit' ? ['ignore', 'inherit', 'inherit'] : ['pipe', 'pipe', 'pipe'],
  });
}

/** Starts `vigie serve` and waits until it is ready. */
export async function startServer(
  env: NodeJS.ProcessEnv,
  address: string,
): Promise<{ process: ChildProcess; stop(): Promise<void> }> {
  const child = vigie(['serve'], env);
  const deadline = Date.now() + readyDeadlineMs;
  while (!(await isReady(address))) {
    if (child.exitCode !== null) throw new Error(`vigie serve ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('vigie serve did not become ready');
    await delay(200);
  }
  return {
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

async function isReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** Runs one `vigie` command to its end; `input` goes to its standard input. Throws with what it printed. */
export async function runVigie(args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<string> {
  const child = vigie(args, env, 'pipe');
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  child.stdin!.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`vigie ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
