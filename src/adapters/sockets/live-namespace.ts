import type { Namespace, Socket } from 'socket.io';
import type { LiveFeed, PageConnection } from '../../ports/live.ts';
import { guardPages, type PageGateDeps } from './page-gate.ts';
import { createSnapshots } from './resync.ts';

/** Serves `/live`: who may, his scope's snapshot, then its changes, for as long as he may. Returns the way to stop. */
export function serveLive(nsp: Namespace, { feed, ...gate }: PageGateDeps & { feed: LiveFeed }): () => void {
  const scopes = new Map<Socket, string>();
  const snapshots = createSnapshots((socket) => feed.snapshot(scopes.get(socket) ?? ''));

  function enter(socket: Socket, { viewer }: PageConnection): void {
    const scope = feed.join(viewer);
    scopes.set(socket, scope);
    void socket.join(scope);
    snapshots.send(socket);
  }
  function leave(socket: Socket): void {
    const scope = scopes.get(socket);
    if (scope === undefined) return;
    void socket.leave(scope);
    scopes.delete(socket);
    feed.leave(scope);
  }

  const stopGuarding = guardPages(
    nsp,
    {
      page: 'panel',
      needs: 'live.view',
      entered(socket, connection) {
        enter(socket, connection);
        snapshots.answer(socket);
      },
      /** Another scope at once. */
      reviewed(socket, connection) {
        if (feed.scopeOf(connection.viewer) === scopes.get(socket)) return;
        leave(socket);
        enter(socket, connection);
      },
      left(socket) {
        snapshots.stop(socket);
        leave(socket);
      },
    },
    gate,
  );
  const stopTelling = feed.onChange((scope, change) => nsp.to(scope).emit('change', change));
  return () => {
    stopGuarding();
    stopTelling();
  };
}
