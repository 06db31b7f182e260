import { createServer, type Server } from 'node:net';

/** The ports of one lab; `[first, last]` ranges, all on 127.0.0.1. */
export interface LabPorts {
  base: number;
  ari: number;
  ami: number;
  sip: number;
  phonesSip: number;
  phonesAri: number;
  phonesAmi: number;
  /** Where the load generator answers calls. */
  loadSip: number;
  turn: number;
  turnRelay: [number, number];
  /** Free for a test's own servers. */
  spare: [number, number];
  loadRtp: [number, number];
  phonesRtp: [number, number];
  rtp: [number, number];
  release(): Promise<void>;
}

const blockSize = 2000;
const firstBase = 10_000;
/** Below the range from which Linux takes ports for outgoing connections. */
const lastPort = 31_999;
/** The last block is left to those who ask for it by number, as `npm run lab` does. */
export const fixedBase = 30_000;

/**
 * Claims a block of ports no other lab on this machine uses: the block's first port is a TCP listener held until
 * `release`, so that the kernel settles who is first and frees it when the process dies.
 * @param base fixed block; fails if it is taken
 * @param blocks how many blocks to join (each gives about 400 simultaneous calls)
 */
export async function claimPorts(base?: number, blocks = 1): Promise<LabPorts> {
  const count = Math.floor((fixedBase - firstBase) / blockSize);
  const all = Array.from({ length: count }, (_, i) => firstBase + i * blockSize);
  const start = process.pid % all.length;
  const bases = base === undefined ? [...all.slice(start), ...all.slice(0, start)] : [base];
  for (const candidate of bases) {
    const locks = await lockAll(candidate, blocks);
    if (locks) return layOut(candidate, blocks, locks);
  }
  throw new Error(
    base === undefined ? 'every block of lab ports is in use' : `the lab's port ${base} is in use`,
  );
}

async function lockAll(base: number, blocks: number): Promise<Server[] | undefined> {
  if (blocks > 1 && base + blocks * blockSize - 1 > lastPort) return undefined;
  const locks: Server[] = [];
  for (let i = 0; i < blocks; i++) {
    const lock = await lockPort(base + i * blockSize);
    if (!lock) {
      await Promise.all(locks.map(close));
      return undefined;
    }
    locks.push(lock);
  }
  return locks;
}

function lockPort(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      server.unref();
      resolve(server);
    });
  });
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));

function layOut(base: number, blocks: number, locks: Server[]): LabPorts {
  return {
    base,
    ari: base + 1,
    ami: base + 2,
    sip: base + 3,
    phonesSip: base + 4,
    phonesAri: base + 5,
    phonesAmi: base + 6,
    loadSip: base + 7,
    turn: base + 8,
    spare: [base + 20, base + 29],
    turnRelay: [base + 30, base + 59],
    loadRtp: [base + 60, base + 99],
    phonesRtp: [base + 100, base + 499],
    rtp: [base + 500, base + blocks * blockSize - 1],
    release: async () => {
      await Promise.all(locks.map(close));
    },
  };
}
