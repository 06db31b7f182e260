import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../ports/log.ts';
import type { WatchdogOrders } from './protocol.ts';

export interface Watchdog {
  /** Says goodbye: what ends now is meant to. */
  release(): void;
}

/**
 * A process in a session of its own that kills this one when it is frozen (SIGSTOP, a stuck machine): a reader that stays
 * connected and reads nothing makes Asterisk refuse calls, and the kernel closes the sockets of the dead. It outlives a
 * server that was killed and hangs up what nobody adopts. `script` is its entry.
 */
export function startWatchdog(script: string, orders: WatchdogOrders, log: Log): Watchdog {
  const child: ChildProcess = spawn(process.execPath, [script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  child.on('error', (error) =>
    log.warn({ err: error }, 'There is no watchdog: a frozen server would not be killed'),
  );
  const pipe = child.stdin as Socket & { _handle?: { fd: number } };
  pipe.on('error', () => {});
  child.unref();
  pipe.unref();
  let beats: Worker | undefined;
  pipe.write(`${JSON.stringify(orders)}\n`, () => {
    const fd = pipe._handle?.fd;
    if (fd === undefined || fd < 0) return;
    const file = new URL(`./beat-thread${extname(import.meta.filename)}`, import.meta.url);
    beats = new Worker(file, { workerData: { fd }, execArgv: [] });
    beats.unref();
  });
  return {
    release() {
      void beats?.terminate();
      pipe.end('q');
    },
  };
}
