import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabPorts } from './ports.ts';
import { type LoadCall, readCallLog } from './sipp-log.ts';
import { toolEnv, waitFor } from './tools.ts';

/** One call for the load generator to make as a customer. */
export interface LoadOrder {
  to: string;
  callerId: string;
  /** hangup: `afterMs` after the answer. wait: until the other side does. cancel: `afterMs` after ringing began. */
  plan: 'hangup' | 'wait' | 'cancel';
  afterMs: number;
}

export interface LoadOptions {
  calls: LoadOrder[];
  callsPerSecond: number;
  /** Fails when the calls are not over by then; default: what the rate needs and two minutes. */
  limitMs?: number;
}

interface LoadGenerator {
  /** Makes these calls at this rate and gives SIPp's own log of them. */
  run(options: LoadOptions): Promise<LoadCall[]>;
  stop(): Promise<void>;
}

/** The endings the load generator knows, with the number to dial: see the table in README.md. */
const loadEndings: Array<Pick<LoadOrder, 'to' | 'plan'>> = [
  { to: '8501', plan: 'hangup' },
  { to: '8502', plan: 'wait' },
  { to: '8503', plan: 'hangup' },
  { to: '8504', plan: 'hangup' },
  { to: '8505', plan: 'cancel' },
  { to: '8506', plan: 'hangup' },
  { to: '8507', plan: 'hangup' },
  { to: '8508', plan: 'hangup' },
  { to: '8511', plan: 'hangup' },
  { to: '8010', plan: 'hangup' },
  { to: '8014', plan: 'wait' },
  { to: '8033', plan: 'hangup' },
];

/** `total` calls, all endings in turn, each with a caller's number of its own from `firstCaller` on. */
export function mixedCalls(total: number, firstCaller = 611_000_000): LoadOrder[] {
  return Array.from({ length: total }, (_, i) => ({
    ...loadEndings[i % loadEndings.length]!,
    callerId: `0${firstCaller + i}`,
    afterMs: 200 + ((i * 137) % 800),
  }));
}

/** SIPp takes four from the one it is given, some versions six. */
const mediaPorts = 6;

const scenario = (name: string) => join(import.meta.dirname, 'sipp', `${name}.xml`);

export function createLoadGenerator(ports: LabPorts, dir: string): LoadGenerator {
  let answering: ChildProcess | undefined;
  const children = new Set<ChildProcess>();
  let started = 0;

  const start = async (args: string[]) => {
    await mkdir(dir, { recursive: true });
    const number = started++;
    // The first one answers, and stays: its ports are nobody else's.
    const places = Math.floor((ports.loadRtp[1] - ports.loadRtp[0] + 1) / mediaPorts) - 1;
    const media = ports.loadRtp[0] + (number === 0 ? 0 : 1 + ((number - 1) % places)) * mediaPorts;
    const common = [
      '-i',
      '127.0.0.1',
      '-nostdin',
      '-cp',
      String(ports.loadSip + 3 + (number === 0 ? 0 : 1 + ((number - 1) % 7))),
      '-mp',
      String(media),
    ];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'sipp', ...common, ...args], {
      cwd: dir,
      env: { ...toolEnv, TERM: 'dumb' },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    children.add(child);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000);
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        children.delete(child);
        resolve(code ?? -1);
      });
    });
    return { child, ended, errors: () => errors, number };
  };

  const answer = async () => {
    if (answering) return;
    const { child, ended, errors } = await start(['-sf', scenario('answering'), '-p', String(ports.loadSip)]);
    answering = child;
    ended.then(
      () => {
        answering = undefined;
      },
      () => {},
    );
    await waitFor('SIPp to answer', () => {
      if (!answering) throw new Error(`SIPp ended: ${errors()}`);
      return isBound(ports.loadSip);
    });
  };

  const run = async (options: LoadOptions): Promise<LoadCall[]> => {
    await answer();
    const lines = options.calls.map((call) => `${call.to};${call.callerId};${call.plan};${call.afterMs};`);
    const list = join(dir, `calls-${started}.csv`);
    const log = join(dir, `messages-${started}.log`);
    await writeFile(list, `SEQUENTIAL\n${lines.join('\n')}\n`);
    const limitMs = options.limitMs ?? (options.calls.length / options.callsPerSecond) * 1000 + 120_000;
    const rate = ['-r', String(options.callsPerSecond), '-m', String(options.calls.length), '-l', '5000'];
    const trace = ['-trace_msg', '-message_file', log, '-inf', list];
    const port = String(ports.loadSip + 1 + (started % 2));
    const target = `127.0.0.1:${ports.sip}`;
    const made = await start(['-sf', scenario('customer'), '-p', port, ...rate, ...trace, target]);
    const timer = setTimeout(() => made.child.kill('SIGKILL'), limitMs);
    const code = await made.ended;
    clearTimeout(timer);
    // 1: a call went otherwise than planned; the log tells how. Anything else: SIPp itself failed.
    if (code !== 0 && code !== 1) throw new Error(`SIPp ended with ${code}: ${made.errors()}`);
    if (!existsSync(log)) throw new Error(`SIPp wrote no log: ${made.errors()}`);
    return readCallLog(log);
  };

  const stop = async () => {
    await Promise.all(
      [...children].map((child) => {
        const over = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        return over;
      }),
    );
  };

  return { run, stop };
}

/** Whether somebody holds this UDP port, as the kernel lists it. */
async function isBound(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return (await readFile('/proc/net/udp', 'utf8')).includes(`:${hex} `);
}
