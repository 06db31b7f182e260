import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { beatEveryMs } from './protocol.ts';

/** Beats from a thread of its own: a long computation of the server is no death, a stopped process is. */
const { fd } = workerData as { fd: number };
setInterval(() => {
  try {
    writeSync(fd, '.');
  } catch {
    // The watchdog has gone, or is slow to read: neither is a reason to end.
  }
}, beatEveryMs);
