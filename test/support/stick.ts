/** Loaded into a server under test (`--import`): on SIGUSR2 its main thread computes for STUCK_MS, and does nothing else. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread)
  process.on('SIGUSR2', () => {
    const endMs = Date.now() + Number(process.env['STUCK_MS']);
    while (Date.now() < endMs) Math.sqrt(endMs);
  });
