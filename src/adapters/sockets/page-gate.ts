import type { Namespace, Socket } from 'socket.io';
import { AppError, type ErrorCode } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { LiveSessions, PageConnection } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { assertMay } from '../../ports/viewer.ts';
import type { OpenConnections } from './connections.ts';
import type { CountedPresence } from './panel-presence.ts';
import type { Places } from './places.ts';

export interface PageGateDeps {
  sessions: LiveSessions;
  presence: CountedPresence;
  connections: OpenConnections;
  places: Places;
  log: Log;
}

/** One kind of page: who may open it, and what happens while it is open. */
export interface PageKind {
  page: PageConnection['page'];
  needs: Permission;
  entered(socket: Socket, connection: PageConnection): void;
  /** The person's rights or teams changed; `connection.viewer` is the new one. */
  reviewed(socket: Socket, connection: PageConnection): void;
  left(socket: Socket, connection: PageConnection): void;
}

interface Guest {
  connection: PageConnection;
  sessionKey: string;
  giveBack(): void;
  hasEntered: boolean;
  /** Why it may not stay, found before it had connected. */
  refused: ErrorCode | null;
}

/** Lets in who may, and out at once who may no more. Returns the way to stop. */
export function guardPages(nsp: Namespace, kind: PageKind, deps: PageGateDeps): () => void {
  const { sessions, presence, connections, places, log } = deps;
  const guests = new Map<Socket, Guest>();

  nsp.use((socket, next) => {
    admit(socket).then(
      () => next(),
      (error: unknown) => next(refusal(error, log)),
    );
  });

  async function admit(socket: Socket): Promise<void> {
    const session = await sessions.open(socket.handshake.headers.cookie);
    if (!session) throw new AppError('not-signed-in');
    assertMay(session.viewer, kind.needs);
    const { viewer, sessionKey } = session;
    const giveBack = places.take(viewer.personId);
    const connection = { id: socket.id, viewer, page: kind.page };
    // From here on its session may end; it may also never connect, of which its transport tells.
    guests.set(socket, { connection, sessionKey, giveBack, hasEntered: false, refused: null });
    socket.conn.once('close', () => forget(socket));
  }

  function forget(socket: Socket): void {
    guests.get(socket)?.giveBack();
    guests.delete(socket);
  }

  nsp.on('connection', (socket) => {
    const guest = guests.get(socket);
    if (!guest || guest.refused) return signOut(socket, guest?.refused ?? 'not-signed-in');
    const { connection } = guest;
    const { personId } = connection.viewer;
    guest.hasEntered = true;
    presence.enter(personId, kind.page);
    socket.on('disconnect', () => {
      forget(socket);
      connections.gone(connection);
      kind.left(socket, connection);
      presence.leave(personId, kind.page);
    });
    kind.entered(socket, connection);
    connections.opened(connection, (event, ...args) => socket.emit(event, ...args));
    socket.onAny((event: string, payload: unknown) => connections.heard(connection, event, payload));
  });

  function review(socket: Socket, guest: Guest): void {
    const viewer = sessions.viewer(guest.connection.viewer.personId);
    if (!viewer?.permissions.has(kind.needs)) {
      signOut(socket, viewer ? 'not-allowed' : 'not-signed-in');
      return;
    }
    guest.connection.viewer = viewer;
    if (guest.hasEntered) kind.reviewed(socket, guest.connection);
  }

  function signOut(socket: Socket, code: ErrorCode): void {
    const guest = guests.get(socket);
    if (guest) guest.refused = code;
    if (!socket.connected) return;
    socket.emit('signed-out', { code });
    socket.disconnect(true);
  }

  const stops = [
    sessions.onRevoked((sessionKey) => {
      for (const [socket, guest] of guests)
        if (guest.sessionKey === sessionKey) signOut(socket, 'not-signed-in');
    }),
    sessions.onViewersChanged(() => {
      for (const [socket, guest] of guests) review(socket, guest);
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
