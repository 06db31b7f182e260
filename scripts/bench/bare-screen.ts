/** Two bare pages, one that shares and one that watches, with nothing between them but a websocket that passes their words on. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const common = `
  const socket = new WebSocket('ws://' + location.host);
  const say = (what) => socket.send(JSON.stringify(what));
  let pc;
  const fresh = () => {
    pc?.close();
    pc = new RTCPeerConnection();
    pc.onicecandidate = ({ candidate }) => candidate && say({ candidate });
  };
  const onCandidate = (candidate) => pc.addIceCandidate(candidate).catch(() => {});`;

const pages: Record<string, string> = {
  '/share': `<button>share</button><script>${common}
    let stream;
    document.querySelector('button').onclick = async () => {
      stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 15 } });
      document.body.dataset.shares = 'yes';
    };
    socket.onmessage = async ({ data }) => {
      const { offer, candidate } = JSON.parse(data);
      if (candidate) return onCandidate(candidate);
      if (!offer) return;
      fresh();
      for (const track of stream.getTracks()) pc.addTrack(track);
      await pc.setRemoteDescription(offer);
      await pc.setLocalDescription();
      say({ answer: pc.localDescription });
    };</script>`,
  '/watch': `<button>watch</button><script>${common}
    globalThis.firstFrameMs = 0;
    document.querySelector('button').onclick = async () => {
      const askedMs = performance.now();
      globalThis.firstFrameMs = 0;
      document.querySelector('video')?.remove();
      const video = document.createElement('video');
      Object.assign(video, { autoplay: true, muted: true });
      document.body.append(video);
      video.requestVideoFrameCallback(() => { globalThis.firstFrameMs = performance.now() - askedMs; });
      fresh();
      pc.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); };
      pc.addTransceiver('video', { direction: 'recvonly' });
      await pc.setLocalDescription();
      say({ offer: pc.localDescription });
    };
    socket.onmessage = async ({ data }) => {
      const { answer, candidate } = JSON.parse(data);
      if (answer) await pc.setRemoteDescription(answer);
      if (candidate) await onCandidate(candidate);
    };</script>`,
};

/** Serves `/share` and `/watch`; whatever one page says the other one hears. */
export async function serveBareScreen(): Promise<{ url: string; close(): void }> {
  const http = createServer(({ url }, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(pages[url ?? ''] ?? '');
  });
  const sockets = new Set<WebSocket>();
  const relay = new WebSocketServer({ server: http });
  relay.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data) => {
      for (const other of sockets) if (other !== socket) other.send(String(data));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.terminate();
      relay.close();
      http.close();
    },
  };
}
