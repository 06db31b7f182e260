import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';

/** Why a connection that had been open is no more. */
export type LinkEnd =
  | 'closed-by-server'
  | 'cut'
  | 'silent'
  | 'frame-too-large'
  | 'protocol-error'
  | 'replaced'
  | 'closed';

export interface LinkOptions {
  pingIntervalMs: number;
  pingTimeoutMs: number;
  closeTimeoutMs: number;
  onText(text: string): void;
  onBinary(): void;
  /** Called once. */
  onEnd(end: LinkEnd): void;
}

export interface Link {
  /** False when the connection is not open. */
  sendText(text: string): boolean;
  /** Ends it at once, by a reset: Asterisk must not go on queueing events for a reader that has gone. */
  cut(end: LinkEnd): void;
  /** Says goodbye, and cuts when the other side does not answer in time. */
  close(): Promise<void>;
}

/** Watches one open websocket until its end. `socket` is what it runs on, where known. */
export function watchLink(ws: WebSocket, socket: Socket | undefined, options: LinkOptions): Link {
  let end: LinkEnd | undefined;
  const watchdog = startWatchdog(ws, socket, options, () => cut('silent'));

  function finish(reason: LinkEnd): void {
    watchdog.stop();
    if (end) return;
    end = reason;
    options.onEnd(reason);
  }

  function cut(reason: LinkEnd): void {
    // Only TCP knows a reset.
    if (socket instanceof Socket && !(socket instanceof TLSSocket) && socket.remotePort !== undefined)
      socket.resetAndDestroy();
    ws.terminate();
    finish(reason);
  }

  ws.on('message', (data, isBinary) => {
    watchdog.heard();
    if (end) return;
    if (isBinary) options.onBinary();
    else options.onText(data.toString());
  });
  ws.on('error', (error) => cut(endOfError(error)));
  ws.on('close', (code) => finish(code === 1006 ? 'cut' : 'closed-by-server'));

  return {
    sendText(text) {
      if (end || ws.readyState !== ws.OPEN) return false;
      ws.send(text);
      return true;
    },
    cut,
    close() {
      return new Promise((resolve) => {
        if (ws.readyState === ws.CLOSED) return resolve();
        const timer = setTimeout(cut, options.closeTimeoutMs, 'closed');
        ws.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        finish('closed');
        ws.close(1000);
      });
    },
  };
}

function endOfError(error: Error): LinkEnd {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'frame-too-large';
  return code.startsWith('WS_ERR_') ? 'protocol-error' : 'cut';
}

/** Pings, and calls `onSilence` when nothing at all comes back within pingTimeoutMs. */
function startWatchdog(
  ws: WebSocket,
  socket: Socket | undefined,
  options: LinkOptions,
  onSilence: () => void,
) {
  let isWaiting = false;
  let bytesAtPing = 0;
  let verdict: NodeJS.Timeout | undefined;
  const heard = () => {
    if (!isWaiting) return;
    isWaiting = false;
    clearTimeout(verdict);
  };
  const judge = () => {
    if (!isWaiting) return;
    // Part of a large frame is a sign of life too.
    if (socket && socket.bytesRead !== bytesAtPing) isWaiting = false;
    else onSilence();
  };
  const ping = () => {
    if (isWaiting) return;
    isWaiting = true;
    bytesAtPing = socket?.bytesRead ?? 0;
    ws.ping();
    // If this very process was stuck, the answer may be waiting in the kernel: let it be read before judging.
    verdict = setTimeout(() => setImmediate(judge), options.pingTimeoutMs);
  };
  const interval = setInterval(ping, options.pingIntervalMs);
  ws.on('pong', heard);
  ws.on('ping', heard);
  return {
    heard,
    stop() {
      clearInterval(interval);
      heard();
    },
  };
}
