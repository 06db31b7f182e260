import type { Namespace, Socket } from 'socket.io';
import { AppError, type ErrorCode } from '../../contract/errors.ts';
import type { LiveBrowserToServer, LiveServerToBrowser } from '../../contract/live.ts';
import type { LiveFeed, LiveSessions } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import type { CountedPresence } from './panel-presence.ts';

interface SocketData {
  viewer: Viewer;
  sessionKey: string;
  /** Null until it has connected. */
  scope: string | null;
  /** Why it may not stay, found before it had connected. */
  refused: ErrorCode | null;
  snapshotAtMs: number;
  snapshotTimer: NodeJS.Timeout | null;
}
type Nothing = Record<string, never>;
export type LiveNamespace = Namespace<LiveBrowserToServer, LiveServerToBrowser, Nothing, SocketData>;
type LiveSocket = Socket<LiveBrowserToServer, LiveServerToBrowser, Nothing, SocketData>;

export interface LiveNamespaceDeps {
  feed: LiveFeed;
  sessions: LiveSessions;
  presence: CountedPresence;
  log: Log;
}

const connectionsMax = 5_000;
/** A snapshot is large: who asks more often waits for it. */
const snapshotEveryMs = 1_000;

/** Serves `/live`: who may, his scope's snapshot, then its changes, for as long as he may. Returns the way to stop. */
export function serveLive(nsp: LiveNamespace, deps: LiveNamespaceDeps): () => void {
  const { feed, sessions, presence, log } = deps;
  const sockets = new Set<LiveSocket>();

  nsp.use((socket, next) => {
    admit(socket).then(
      () => next(),
      (error: unknown) => next(refusal(error, log)),
    );
  });

  async function admit(socket: LiveSocket): Promise<void> {
    if (sockets.size >= connectionsMax) throw new AppError('overloaded');
    const session = await sessions.open(socket.handshake.headers.cookie);
    if (!session) throw new AppError('not-signed-in');
    assertMay(session.viewer, 'live.view');
    const { viewer, sessionKey } = session;
    const timing = { snapshotAtMs: 0, snapshotTimer: null };
    Object.assign(socket.data, { viewer, sessionKey, scope: null, refused: null, ...timing });
    // From here on its session may end; it may also never connect, of which its transport tells.
    sockets.add(socket);
    socket.conn.once('close', () => sockets.delete(socket));
  }

  nsp.on('connection', (socket) => {
    const { data } = socket;
    if (data.refused) return signOut(socket, data.refused);
    enter(socket, data.viewer);
    presence.enter(data.viewer.personId);
    socket.on('resync', () => resync(socket));
    socket.on('disconnect', () => {
      sockets.delete(socket);
      clearTimeout(data.snapshotTimer ?? undefined);
      if (data.scope !== null) feed.leave(data.scope);
      data.scope = null;
      presence.leave(data.viewer.personId);
    });
  });

  function enter(socket: LiveSocket, viewer: Viewer): void {
    const scope = feed.join(viewer);
    Object.assign(socket.data, { viewer, scope });
    void socket.join(scope);
    sendSnapshot(socket, scope);
  }

  function sendSnapshot(socket: LiveSocket, scope: string): void {
    socket.data.snapshotAtMs = performance.now();
    socket.emit('snapshot', feed.snapshot(scope));
  }

  function resync(socket: LiveSocket): void {
    const { data } = socket;
    if (data.snapshotTimer) return;
    const waitMs = Math.max(0, data.snapshotAtMs + snapshotEveryMs - performance.now());
    data.snapshotTimer = setTimeout(() => {
      data.snapshotTimer = null;
      if (data.scope !== null) sendSnapshot(socket, data.scope);
    }, waitMs);
  }

  /** Rights or teams changed: another scope at once, or none. */
  function review(socket: LiveSocket): void {
    const viewer = sessions.viewer(socket.data.viewer.personId);
    if (!viewer?.permissions.has('live.view')) {
      signOut(socket, viewer ? 'not-allowed' : 'not-signed-in');
      return;
    }
    const { scope } = socket.data;
    if (scope === null) {
      socket.data.viewer = viewer;
      return;
    }
    if (feed.scopeOf(viewer) === scope) return;
    void socket.leave(scope);
    feed.leave(scope);
    enter(socket, viewer);
  }

  function signOut(socket: LiveSocket, code: ErrorCode): void {
    socket.data.refused = code;
    if (!socket.connected) return;
    socket.emit('signed-out', { code });
    socket.disconnect(true);
  }

  const stops = [
    feed.onChange((scope, change) => nsp.to(scope).emit('change', change)),
    sessions.onRevoked((sessionKey) => {
      for (const socket of sockets)
        if (socket.data.sessionKey === sessionKey) signOut(socket, 'not-signed-in');
    }),
    sessions.onViewersChanged(() => {
      for (const socket of sockets) review(socket);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Refuses the connection with a code the page understands, and nothing more. */
function refusal(error: unknown, log: Log): Error {
  const known = error instanceof AppError;
  if (!known) log.error({ err: error }, 'a live connection could not be admitted');
  const code: ErrorCode = known ? error.code : 'internal';
  return Object.assign(new Error(code), { data: { code } });
}
