import { io, type Socket } from 'socket.io-client';
import type { LiveBrowserToServer, LiveChange, LiveServerToBrowser } from '../../../contract/live.ts';
import { pageSocket } from '../../shared/page-socket.ts';
import { sessionEnded } from '../../shared/session/session-verbs.ts';
import { clock } from '../../shared/time/clock.ts';
import { noticeSupervisions } from '../supervision/notice.ts';
import { board, link } from './live.ts';

type LiveSocket = Socket<LiveServerToBrowser, LiveBrowserToServer>;

/** News of the floor for the signed-in person; returns the way to stop. It reconnects for ever. */
export function followFloor(personId: string): () => void {
  const socket: LiveSocket = io('/live', {
    transports: ['websocket', 'polling'],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    withCredentials: true,
  });
  let asked = false;
  pageSocket.set(socket);

  socket.on('snapshot', (snapshot) => {
    asked = false;
    clock.serverSaid(snapshot.at, true);
    noticeSupervisions(personId, snapshot.supervisions, { snapshot: true });
    board.takeSnapshot(snapshot);
    link.set({ state: 'live', at: snapshot.at });
  });
  socket.on('change', (change) => {
    if (applyOrAsk(change) === 'gap' && !asked) {
      asked = true;
      socket.emit('resync');
    }
  });
  socket.on('signed-out', () => sessionEnded());
  socket.on('disconnect', (why) => {
    asked = false;
    lost();
    // Socket.IO does not reconnect by itself when it was the server that closed.
    if (why === 'io server disconnect') setTimeout(() => socket.connect(), 1_000);
  });
  socket.on('connect_error', (error) => {
    const { code } = (error as Error & { data?: { code?: string } }).data ?? {};
    if (code === 'not-signed-in') return sessionEnded();
    lost();
    if (!socket.active) setTimeout(() => socket.connect(), 2_000);
  });

  return () => {
    pageSocket.set(null);
    socket.removeAllListeners();
    socket.disconnect();
    board.clear();
    link.set({ state: 'connecting', at: null });
  };

  function applyOrAsk(change: LiveChange) {
    // Ends are told before the rows go.
    noticeSupervisions(personId, change.supervisions ?? [], { gone: change.gone?.supervisions ?? [] });
    clock.serverSaid(change.at, false);
    return board.applyChange(change);
  }
}

function lost(): void {
  const { state, at } = link.get();
  if (state === 'live') link.set({ state: 'reconnecting', at });
}
