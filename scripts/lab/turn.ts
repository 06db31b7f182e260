import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ensureDebianPackages } from '../setup/debian.ts';
import { findTool, type Progress, run, toolEnv, waitFor } from './tools.ts';

export interface TurnOptions {
  /** Where browsers reach it and from where it sends on: an address of this machine, not 127.0.0.1. */
  address: string;
  port: number;
  /** UDP ports from which it sends on: one for each browser that uses it. */
  relayPorts: [number, number];
  /** For its configuration and its files. */
  dir: string;
}

/** A TURN server as an administrator sets one up for Vigie; what `TURN_URL` and `TURN_SECRET` are to be. */
export interface Turn {
  url: string;
  secret: string;
  stop(): Promise<void>;
  killNow(): void;
}

const startLimitMs = 10_000;
const stopLimitMs = 2_000;

/** Debian's coturn, installed when it is missing. Where Debian starts one of its own, that one is stopped: this one is the lab's. */
export async function ensureTurnInstalled(progress: Progress): Promise<void> {
  if (findTool('turnserver')) return;
  await ensureDebianPackages([{ command: 'turnserver', package: 'coturn' }], progress);
  if (findTool('systemctl')) await run('systemctl', ['disable', '--now', 'coturn']).catch(() => {});
}

/** Starts coturn. It dies with this process, however this process ends. */
export async function startTurn(options: TurnOptions): Promise<Turn> {
  const secret = randomBytes(24).toString('hex');
  await mkdir(options.dir, { recursive: true });
  const file = join(options.dir, 'turnserver.conf');
  await writeFile(file, configOf(options, secret), { mode: 0o600 });
  const args = ['--pdeathsig', 'KILL', '--', 'turnserver', '-c', file];
  const child = spawn('setpriv', args, { env: toolEnv, stdio: 'ignore', detached: true });
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await waitFor('the TURN server', () => answers(child, options), startLimitMs, 50);
  return {
    url: `turn:${options.address}:${options.port}`,
    secret,
    async stop() {
      const force = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(force);
    },
    killNow: () => void child.kill('SIGKILL'),
  };
}

/** What an administrator writes into turnserver.conf, and where a lab differs: ports and files of its own. */
const configOf = ({ address, port, relayPorts, dir }: TurnOptions, secret: string): string =>
  [
    `listening-ip=${address}`,
    `relay-ip=${address}`,
    `listening-port=${port}`,
    `min-port=${relayPorts[0]}`,
    `max-port=${relayPorts[1]}`,
    'fingerprint',
    'use-auth-secret',
    `static-auth-secret=${secret}`,
    'realm=vigie.invalid',
    'no-multicast-peers',
    'no-tls',
    'no-dtls',
    'no-cli',
    `log-file=${join(dir, 'turnserver.log')}`,
    'simple-log',
    `pidfile=${join(dir, 'turnserver.pid')}`,
    `userdb=${join(dir, 'turndb')}`,
    '',
  ].join('\n');

function answers(child: ChildProcess, { address, port }: TurnOptions): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`turnserver ended with ${child.exitCode} while starting`);
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
