import type { Socket } from 'socket.io';

/** A snapshot is large: who asks more often waits for it. */
const snapshotEveryMs = 1_000;

/** Sends snapshots: at once by `send`, and again when the page asks, a second apart at least. `stop` forgets a page. */
export function createSnapshots(snapshot: (socket: Socket) => unknown) {
  const pages = new Map<Socket, { sentAtMs: number; timer: NodeJS.Timeout | null }>();

  function send(socket: Socket): void {
    pages.set(socket, { sentAtMs: performance.now(), timer: pages.get(socket)?.timer ?? null });
    socket.emit('snapshot', snapshot(socket));
  }
  function sendAgain(socket: Socket): void {
    const page = pages.get(socket);
    if (!page || page.timer) return;
    const waitMs = Math.max(0, page.sentAtMs + snapshotEveryMs - performance.now());
    page.timer = setTimeout(() => {
      pages.set(socket, { ...page, timer: null });
      send(socket);
    }, waitMs);
  }
  return {
    send,
    answer: (socket: Socket) => void socket.on('resync', () => sendAgain(socket)),
    stop(socket: Socket): void {
      clearTimeout(pages.get(socket)?.timer ?? undefined);
      pages.delete(socket);
    },
  };
}
