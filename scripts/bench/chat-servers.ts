/** A process of its own for `chat-delivery`: the real chat and a bare Socket.IO server, side by side. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { startChatServer } from '../../test/browser/support/chat-server.ts';

type People = Parameters<typeof startChatServer>[0];

/** What the parent is told once: where both are, who is who, and everybody's session. */
export interface ChatServers {
  chatUrl: string;
  bareUrl: string;
  ids: Record<string, string>;
  cookies: Record<string, string>;
}

process.once('message', (people: People) => void serve(people));

async function serve(people: People): Promise<void> {
  const chat = await startChatServer(people);
  const http = createServer().listen(0, '127.0.0.1');
  const bare = new Server(http);
  bare.on('connection', (socket) => {
    void socket.join(String(socket.handshake.auth['name']));
    socket.on('pass', (to: string, what: unknown) => void bare.to(to).emit('passed', what));
  });
  await once(http, 'listening');
  const told: ChatServers = {
    chatUrl: chat.url,
    bareUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    ids: {},
    cookies: {},
  };
  for (const { login } of people) {
    told.ids[login] = chat.idOf(login);
    told.cookies[login] = await chat.signIn(login);
  }
  process.send?.(told);
  process.once('disconnect', () => void Promise.all([bare.close(), chat.close()]));
}
