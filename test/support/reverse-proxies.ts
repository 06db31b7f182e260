/** nginx and Caddy as docs/https.md shows them: its samples themselves, with the test's name, ports and certificate put in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { toolEnv } from '../../scripts/lab/tools.ts';
import { ensureReverseProxiesInstalled } from '../../scripts/setup/reverse-proxies.ts';
import { projectFolder } from '../../src/paths.ts';
import { selfMadeCertificate } from './https-proxy.ts';
import { waitFor } from './wait-for.ts';

export type ProxyName = 'nginx' | 'Caddy';
interface Place {
  /** The host's name in the page's address. */
  host: string;
  port: number;
  /** Vigie's own, on 127.0.0.1. */
  vigiePort: number;
}

const startLimitMs = 15_000;

/** Starts it in front of Vigie; it ends with the test, and with this process. */
export async function startReverseProxy(t: Test, name: ProxyName, place: Place): Promise<void> {
  await ensureReverseProxiesInstalled((line) => console.error(line));
  const folder = mkdtempSync(join(tmpdir(), 'vigie-proxy-'));
  const command = name === 'nginx' ? nginx(folder, place) : caddy(folder, place);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    env: { ...toolEnv, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
  t.teardown(async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  });
  const listens = async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
    return await answers(place.port);
  };
  await waitFor(listens, Boolean, startLimitMs);
}

/** The block of docs/https.md below this heading, with each text put in for what stands there; all of them must. */
function sampleOf(heading: ProxyName, put: Record<string, string>): string {
  const text = readFileSync(join(projectFolder(), 'docs', 'https.md'), 'utf8');
  const block = text.split(`\n## ${heading}\n`)[1]?.split('\n```')[1];
  if (!block) throw new Error(`docs/https.md has no sample for ${heading}`);
  let sample = block.slice(block.indexOf('\n') + 1);
  for (const [there, instead] of Object.entries(put)) {
    if (!sample.includes(there)) throw new Error(`The sample for ${heading} does not say ${there}`);
    sample = sample.replaceAll(there, instead);
  }
  return sample;
}

function nginx(folder: string, { host, port, vigiePort }: Place): string[] {
  const { key, cert } = selfMadeCertificate(host);
  writeFileSync(join(folder, 'vigie.pem'), cert);
  writeFileSync(join(folder, 'vigie.key'), key, { mode: 0o600 });
  const sample = sampleOf('nginx', {
    'vigie.example.com': host,
    '/etc/ssl/': `${folder}/`,
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    '127.0.0.1:8080': `127.0.0.1:${vigiePort}`,
  });
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const folders = kept.map((one) => `${one}_temp_path ${join(folder, one)};`).join('\n');
  const own = `pid ${folder}/nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${folders}\n${sample}\n}\n`;
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, own);
  return ['nginx', '-c', file, '-e', 'stderr', '-g', 'daemon off; master_process off;'];
}

function caddy(folder: string, { host, port, vigiePort }: Place): string[] {
  const sample = sampleOf('Caddy', {
    'vigie.example.com {': `https://${host}:${port} {\n  bind 127.0.0.1`,
    '127.0.0.1:8080': `127.0.0.1:${vigiePort}`,
  });
  mkdirSync(join(folder, 'kept'));
  // A certificate of its own making, since nobody outside can vouch for this name.
  const own = ['admin off', 'local_certs', 'skip_install_trust', 'auto_https disable_redirects'];
  const storage = `storage file_system ${join(folder, 'kept')}`;
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n${[...own, storage].join('\n')}\n}\n${sample}`);
  return ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'];
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
