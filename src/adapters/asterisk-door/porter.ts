import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import type { Log } from '../../ports/log.ts';
import { beatEveryMs, beatsMissedMax, type Errand } from './porter-protocol.ts';

/** Hands connections to the porter's process, which it keeps alive. */
export interface Porter {
  /** False when there is no porter now; the connection is then still the caller's. */
  carry(socket: Socket, readerPath: string, opening: Buffer): boolean;
  close(): void;
}

const restartAfterMs = 500;

export function createPorter(log: Log): Porter {
  let child: ChildProcess | undefined;
  let missed = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    const file = new URL(`./porter-process${extname(import.meta.filename)}`, import.meta.url);
    // In a session of its own: what freezes our process group must not freeze it with a socket of Asterisk's in its hands.
    const made = fork(file, {
      detached: true,
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child = made;
    missed = 0;
    made.on('message', () => {
      missed = 0;
    });
    made.on('error', (error) => log.error({ err: error }, 'The porter of Asterisk’s connections failed'));
    made.on('exit', () => {
      child = undefined;
      if (!isClosed) timer = setTimeout(start, restartAfterMs);
    });
    made.unref();
    made.channel?.unref();
  }

  // A porter that is frozen reads nothing: the kernel closes the sockets of the dead.
  const beats = setInterval(() => {
    missed += 1;
    if (missed > beatsMissedMax) setImmediate(() => missed > beatsMissedMax && child?.kill('SIGKILL'));
  }, beatEveryMs).unref();
  start();

  return {
    carry(socket, readerPath, opening) {
      if (!child?.connected) return false;
      const errand: Errand = { readerPath, opening: opening.toString('latin1') };
      // Once handed over it is no longer ours, whatever becomes of it.
      child.send(errand, socket, { keepOpen: false }, (error) => {
        if (error) socket.destroy();
      });
      return true;
    },
    close() {
      isClosed = true;
      clearInterval(beats);
      clearTimeout(timer);
      child?.kill('SIGTERM');
    },
  };
}
