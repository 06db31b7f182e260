import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A bare program that holds an ARI application, as any other would. */
export async function openReader(o: {
  url: string;
  username: string;
  password: string;
  app: string;
}): Promise<{ close(): Promise<void> }> {
  const authorization = `Basic ${Buffer.from(`${o.username}:${o.password}`).toString('base64')}`;
  const socket = new WebSocket(`${o.url.replace(/^http/, 'ws')}/events?app=${o.app}`, {
    headers: { authorization },
  });
  await once(socket, 'open');
  return {
    async close() {
      const closed = once(socket, 'close');
      socket.terminate();
      await closed;
    },
  };
}
