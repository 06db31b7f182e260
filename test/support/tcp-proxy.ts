import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How the way is: `silent` is a link that is open and dead; the others slow what passes. */
export type Weather = 'fair' | 'silent' | { delayMs: number } | { bytesPerSecond: number };

/** A TCP proxy on a free port of 127.0.0.1 whose way a test can spoil. */
export interface TcpProxy {
  readonly port: number;
  /** Ends every connection by a reset and refuses new ones until `mend`. */
  cut(): void;
  /** Ends every connection by a reset; new ones are let through. */
  reset(): void;
  /** From now on, for the connections whose first bytes fit (all unless given) and those to come. */
  turn(weather: Weather, fits?: (firstBytes: string) => boolean): void;
  /** Fair weather, connections are let through. What was held back passes. */
  mend(): void;
  close(): Promise<void>;
}

const tickMs = 20;

interface Link {
  firstBytes: string;
}

/** `onClientData` sees what clients send, before the weather. */
export async function createTcpProxy(
  targetPort: number,
  onClientData: (chunk: Buffer) => void = () => {},
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let weather: Weather = 'fair';
  let fits: (firstBytes: string) => boolean = () => true;
  let changed = Promise.withResolvers<void>();

  const server = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const target = createConnection({ host: '127.0.0.1', port: targetPort });
    const link: Link = { firstBytes: '' };
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      const isClient = one === client;
      carry(one, other, link, isClient).catch(() => other.destroy());
    }
  });

  async function carry(from: Socket, to: Socket, link: Link, isClient: boolean): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (isClient) {
        link.firstBytes ||= chunk.toString('latin1');
        onClientData(chunk);
      }
      await pass(chunk, to, link);
    }
    to.end();
  }

  async function pass(chunk: Buffer, to: Socket, link: Link): Promise<void> {
    const now = (): Weather => (fits(link.firstBytes) ? weather : 'fair');
    let rest = chunk;
    while (rest.length > 0) {
      const how = now();
      if (how === 'silent') {
        await changed.promise;
        continue;
      }
      if (how !== 'fair' && 'delayMs' in how) await delay(how.delayMs);
      const atOnce =
        how !== 'fair' && 'bytesPerSecond' in how
          ? Math.max(1, Math.round((how.bytesPerSecond * tickMs) / 1000))
          : rest.length;
      to.write(rest.subarray(0, atOnce));
      rest = rest.subarray(atOnce);
      if (rest.length > 0) await delay(tickMs);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const turn = (next: Weather, whose: (firstBytes: string) => boolean = () => true) => {
    weather = next;
    fits = whose;
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const cut = () => {
    isCut = true;
    reset();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    reset,
    turn,
    mend() {
      isCut = false;
      turn('fair');
    },
    async close() {
      cut();
      turn('fair');
      server.close();
      await once(server, 'close');
    },
  };
}
