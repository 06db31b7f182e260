import { spawn } from 'node:child_process';
import { lines, toolEnv } from './tools.ts';

/** One RTP packet as it went over the wire. `atMs`: the kernel's time, `Date.now()` milliseconds with fractions. */
export interface RtpPacket {
  atMs: number;
  fromPort: number;
  toPort: number;
  payloadType: number;
  sequence: number;
  ssrc: number;
  payload: Buffer;
}

const startLimitMs = 10_000;

/**
 * Captures all RTP on the loopback interface between these ports; resolves when it sees every packet from now on.
 * Needs tcpdump and the right to capture (root).
 */
export function captureRtp(
  ports: [number, number],
  onPacket: (packet: RtpPacket) => void,
): Promise<() => Promise<void>> {
  const { promise, resolve, reject } = Promise.withResolvers<() => Promise<void>>();
  const options = [
    '-i',
    'lo',
    '-n',
    '-U',
    '-w',
    '-',
    '-s',
    '2000',
    '-B',
    '16384',
    '--immediate-mode',
    '-Z',
    'root',
  ];
  const filter = `udp and portrange ${ports[0]}-${ports[1]}`;
  const args = ['--pdeathsig', 'KILL', '--', 'tcpdump', ...options, filter];
  const child = spawn('setpriv', args, { env: toolEnv, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const ended = new Promise<void>((over) => child.once('exit', () => over()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  let said = '';
  const timer = setTimeout(() => fail(`tcpdump is not ready after ${startLimitMs} ms`), startLimitMs);
  const fail = (why: string) => {
    clearTimeout(timer);
    child.kill('SIGKILL');
    reject(new Error(`${why}: ${said}`));
  };
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code) => fail(`tcpdump ended with ${code}`));
  const onLine = lines((line) => {
    said = `${said}${line}\n`.slice(-2000);
    if (!line.includes('listening on')) return;
    clearTimeout(timer);
    resolve(stop);
  });
  child.stderr.setEncoding('utf8').on('data', onLine);
  const parse = pcapReader((atMs, frame) => {
    const packet = readRtp(atMs, frame);
    if (packet) onPacket(packet);
  });
  child.stdout.on('data', parse);
  return promise;
}

/** Cuts a pcap stream (libpcap's file format, little endian, µs or ns) into captured frames. */
function pcapReader(onFrame: (atMs: number, frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let perMs = 0;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (perMs === 0) {
      if (rest.length < 24) return;
      perMs = rest.readUInt32LE(0) === 0xa1b23c4d ? 1e6 : 1e3;
      at = 24;
    }
    while (rest.length >= at + 16) {
      const size = rest.readUInt32LE(at + 8);
      if (rest.length < at + 16 + size) break;
      onFrame(
        rest.readUInt32LE(at) * 1000 + rest.readUInt32LE(at + 4) / perMs,
        rest.subarray(at + 16, at + 16 + size),
      );
      at += 16 + size;
    }
    rest = rest.subarray(at);
  };
}

/** Ethernet → IPv4 → UDP → RTP (RFC 3550); anything else, RTCP too, is nothing to us. */
function readRtp(atMs: number, frame: Buffer): RtpPacket | undefined {
  const ip = 14;
  if (frame.length < ip + 20 || frame.readUInt16BE(12) !== 0x0800 || frame[ip + 9] !== 17) return undefined;
  const udp = ip + (frame[ip]! & 15) * 4;
  const rtp = udp + 8;
  if (frame.length < rtp + 12 || frame[rtp]! >> 6 !== 2) return undefined;
  const payloadType = frame[rtp + 1]! & 127;
  if (payloadType >= 72 && payloadType <= 79) return undefined;
  const first = frame[rtp]!;
  let start = rtp + 12 + (first & 15) * 4;
  if (first & 16) start += 4 + (frame.length >= start + 4 ? frame.readUInt16BE(start + 2) * 4 : 0);
  const padding = first & 32 ? frame[frame.length - 1]! : 0;
  return {
    atMs,
    fromPort: frame.readUInt16BE(udp),
    toPort: frame.readUInt16BE(udp + 2),
    payloadType,
    sequence: frame.readUInt16BE(rtp + 2),
    ssrc: frame.readUInt32BE(rtp + 8),
    // Own memory: a slice would keep the whole read chunk alive.
    payload: Buffer.from(frame.subarray(start, frame.length - padding)),
  };
}
