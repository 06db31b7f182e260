import type { Server } from 'socket.io';

/** Frames one connection may have waiting; who reads slower than the board changes comes back with a snapshot. */
export const waitingFramesMax = 256;
const checkEveryMs = 250;

/** Cuts connections that do not read. Returns the way to stop. */
export function cutSlowSockets(io: Server, onCut: () => void, framesMax = waitingFramesMax): () => void {
  const timer = setInterval(() => {
    for (const client of connections(io)) {
      if (client.writeBuffer.length <= framesMax) continue;
      onCut();
      // A close frame would wait behind what is not read.
      client.writeBuffer.length = 0;
      client.transport.socket?.terminate?.();
      client.close(true);
    }
  }, checkEveryMs).unref();
  return () => clearInterval(timer);
}

interface Connection {
  writeBuffer: unknown[];
  /** The websocket, when it is one. */
  transport: { socket?: { terminate?(): void }; closeTimeout?: number };
  close(discard: boolean): void;
}

/** A page that polls and never comes back would keep the stopping server for 30 s. */
export function shortenGoodbyes(io: Server, goodbyeMs: number): void {
  for (const { transport } of connections(io))
    if (transport.closeTimeout !== undefined) transport.closeTimeout = goodbyeMs;
}

const connections = (io: Server): Connection[] =>
  Object.values((io.engine as unknown as { clients: Record<string, Connection> }).clients);
