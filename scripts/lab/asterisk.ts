import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AsteriskInstall } from './install.ts';
import { run, toolEnv, waitFor } from './tools.ts';

const startLimitMs = 30_000;
const stopLimitMs = 5_000;
const niceness = -15;
/** Asterisk colours some answers whatever the terminal. */
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** Folders of one instance. `host` is how we see it, `inside` how Asterisk does. */
export interface InstanceDirs {
  host: string;
  inside: string;
}

/** One running Asterisk. It dies with this process, however this process ends. */
export interface Asterisk {
  readonly pid: number | undefined;
  readonly logFile: string;
  /** What to type into a shell to get Asterisk's own command line. */
  readonly cliCommand: string;
  /** Runs a command of Asterisk's own command line and gives what it prints. */
  cli(command: string): Promise<string>;
  start(): Promise<void>;
  /** Ends it the orderly way, by force after five seconds. Stopping twice is fine. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** For the moment this process ends: no waiting. */
  killNow(): void;
}

export function createAsterisk(install: AsteriskInstall, dirs: InstanceDirs): Asterisk {
  const command = [...install.command, '-C', `${dirs.inside}/etc/asterisk.conf`];
  const logFile = join(dirs.host, 'log/messages');
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();

  const cli = async (line: string): Promise<string> => {
    const [program, ...args] = command as [string, ...string[]];
    const text = await run(program, [...args, '-rx', line], { timeoutMs: 10_000 });
    return text.replace(colours, '');
  };

  const start = async () => {
    // A process group of its own: Ctrl-C in the terminal reaches us, and we end it when it is time.
    // The parent-death signal ends it when we are killed outright.
    // Ahead of other programs where that is allowed: a busy machine must not tear holes into the audio that is judged.
    const args = ['--pdeathsig', 'KILL', '--', 'nice', '-n', String(niceness), ...command, '-f'];
    const env = { ...toolEnv, ODBCINI: `${dirs.inside}/etc/odbc.ini` };
    const started = spawn('setpriv', args, { env, stdio: 'ignore', detached: true });
    started.unref();
    child = started;
    ended = new Promise((resolve) => {
      const over = () => {
        if (child === started) child = undefined;
        resolve();
      };
      started.once('exit', over);
      started.once('error', over);
    });
    await hurry(started.pid);
    await waitFor('Asterisk to start', () => booted(started), startLimitMs, 50).catch(
      async (error: Error) => {
        throw new Error(`${error.message}\n${await lastLog(logFile)}`);
      },
    );
  };

  const booted = async (started: ChildProcess): Promise<boolean> => {
    if (child !== started) throw new Error('Asterisk ended while starting');
    const answer = await cli('core waitfullybooted').catch(() => '');
    return answer.includes('fully booted');
  };

  const signalAndWait = async (signal: NodeJS.Signals) => {
    // Nothing else may be left to wait for.
    child?.ref();
    child?.kill(signal);
    await ended;
  };

  const stop = async () => {
    const force = setTimeout(() => child?.kill('SIGKILL'), stopLimitMs);
    await signalAndWait('SIGTERM');
    clearTimeout(force);
  };

  return {
    get pid() {
      return child?.pid;
    },
    logFile,
    cliCommand: `${command.join(' ')} -r`,
    cli,
    start,
    stop,
    kill: () => signalAndWait('SIGKILL'),
    killNow: () => void child?.kill('SIGKILL'),
  };
}

/** Where Linux shares the processor among sessions first, the session's own niceness is what counts. */
async function hurry(pid: number | undefined): Promise<void> {
  if (pid !== undefined) await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(() => {});
}

async function lastLog(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '(no log)');
  return text.split('\n').slice(-15).join('\n');
}
