import { createServer, type Server } from 'node:net';
import { type Progress, waitFor } from './tools.ts';

const waitMaxMs = 20 * 60_000;

/**
 * Runs `work` while no other process on this machine installs into `dir`.
 * The lock is an abstract socket: the kernel gives it to one process and frees it when that process dies.
 */
export async function withInstallLock<T>(
  dir: string,
  progress: Progress,
  work: () => Promise<T>,
): Promise<T> {
  let told = false;
  const lock = await waitFor(
    'another installation of the lab to end',
    async () => {
      const taken = await take(dir);
      if (!taken && !told) progress('another start of the lab is installing; waiting for it');
      told = true;
      return taken;
    },
    waitMaxMs,
    500,
  );
  try {
    return await work();
  } finally {
    await new Promise((resolve) => lock.close(resolve));
  }
}

function take(dir: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    // Such names hold 107 bytes; the end of the folder's path tells folders apart.
    server.listen({ path: `\0vigie-lab-install:${dir.slice(-80)}` }, () => resolve(server));
  });
}
