import { io, type Socket } from 'socket.io-client';
import type { AgentBrowserToServer, AgentServerToBrowser } from '../../contract/agent-page.ts';
import { pageSocket } from '../shared/page-socket.ts';
import { sessionEnded } from '../shared/session/session-verbs.ts';
import { clock } from '../shared/time/clock.ts';
import { applyChange, ownLink, ownPage } from './own-page.ts';

type AgentSocket = Socket<AgentServerToBrowser, AgentBrowserToServer>;

/** News of the signed-in agent; returns the way to stop. It reconnects for ever. */
export function followOwnPage(): () => void {
  const socket: AgentSocket = io('/agent', {
    transports: ['websocket', 'polling'],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    withCredentials: true,
  });
  let asked = false;

  socket.on('snapshot', (page) => {
    asked = false;
    clock.serverSaid(page.at, true);
    ownPage.set(page);
    ownLink.set('live');
  });
  socket.on('change', (change) => {
    clock.serverSaid(change.at, false);
    if (applyChange(change) !== 'gap' || asked) return;
    asked = true;
    socket.emit('resync');
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
  pageSocket.set(socket);

  return () => {
    pageSocket.set(null);
    socket.removeAllListeners();
    socket.disconnect();
    ownPage.set(null);
    ownLink.set('connecting');
  };
}

function lost(): void {
  if (ownLink.get() === 'live') ownLink.set('reconnecting');
}
