/** A reverse proxy with HTTPS before a server, as docs/https.md describes one: it says who asked, and passes websockets on. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Test } from 'tap';

export interface HttpsProxy {
  port: number;
  /** The paths of the websockets that were passed on. */
  upgrades: string[];
}

/** @param to the server's address; asked anew for each request, so that it may move */
export async function startHttpsProxy(
  t: Test,
  o: { address: string; name: string; to: () => string },
): Promise<HttpsProxy> {
  const server = createServer(selfMadeCertificate(o.name));
  const upgrades: string[] = [];
  const onward = (request: IncomingMessage) => {
    const { method, url, headers } = request;
    const said = [headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', ');
    const own = { 'x-forwarded-for': said, 'x-forwarded-proto': 'https' };
    return httpRequest(new URL(url ?? '/', o.to()), { method, headers: { ...headers, ...own } });
  };
  server.on('request', (request, answer) => {
    const passed = onward(request);
    passed.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    passed.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrades.push(request.url?.split('?')[0] ?? '');
    socket.on('error', () => socket.destroy());
    const passed = onward(request);
    passed.on('upgrade', (answer, behind, first) => {
      socket.write(headOf(answer));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) behind.write(head);
      behind.on('error', () => socket.destroy());
      behind.pipe(socket).pipe(behind);
    });
    // Refused: the answer is no switch of protocols.
    passed.on('response', (answer) => socket.end(headOf(answer)));
    passed.on('error', () => socket.destroy());
    passed.end();
  });
  server.listen(0, o.address);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, upgrades };
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Key and certificate, as text. */
export function selfMadeCertificate(name: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-https-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    const about = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    execFileSync('openssl', [...made, ...about, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
