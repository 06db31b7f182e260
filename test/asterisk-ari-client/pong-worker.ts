import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { WebSocketServer } from 'ws';

/** A server on a thread of its own: it answers pings while the test's thread is stuck. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'ari' });
server.on('listening', () => parentPort?.postMessage((server.address() as AddressInfo).port));
