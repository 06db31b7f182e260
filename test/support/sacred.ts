/**
 * The PBX is sacred: what Asterisk's callers notice when the server that watches it is stopped, killed, frozen or stuck, under
 * load. The oracles are SIPp's own log, the packets on the wire, and /proc.
 */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '../../scripts/bench/process-cost.ts';
import type { Ear } from '../../scripts/lab/ear.ts';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import type { PbxOptions } from '../../scripts/lab/pbx.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import type { LoadCall } from '../../scripts/lab/sipp-log.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { runVigie, startServer } from '../../scripts/up/server.ts';

/** What befalls the server. `stuck`: its main thread computes all the while. `none`: nothing, for comparison. */
export type Fate = 'stopped' | 'killed' | 'frozen' | 'stuck' | 'none';
export type Transport = 'inbound' | 'outbound';

export interface SacredOptions {
  fate: Fate;
  transport: Transport;
  seconds: number;
  callsPerSecond: number;
  /** Asterisk's default is `global`; the wiring guide asks for `pjsip_only`. */
  overloadTrigger?: PbxOptions['overloadTrigger'];
  seed: number;
  /** Calls before anything is measured: a young Asterisk's memory grows by itself. */
  warmUpCalls?: number;
}

export interface SacredResult {
  fate: Fate;
  transport: Transport;
  overloadTrigger: string;
  seed: number;
  calls: number;
  /** Calls that SIPp did not get answered. */
  refused: number;
  /** Answered calls that did not end as SIPp meant them to. */
  cut: number;
  /** Of lab phones that talked all the while, one call of them supervised. */
  talksCut: number;
  /** Longest time without a packet at a customer's ear, and between the packets that his agent's phone sent meanwhile. */
  longestGapMs: number;
  ownGapMs: number;
  /** How long the server's process outlived its fate; null: it goes on. */
  serverGoneMs: number | null;
  /** The last refused call, after the fate; null: none. */
  lastRefusedMs: number | null;
  pbxMbBefore: number;
  pbxMbAfter: number;
  pbxKbPerCall: number;
}

const password = 'sacred-password';
const talkers = ['1001', '1002', '1003'];
/** Before the fate: a normal moment, in which the load has begun. */
const normalMs = 1500;

export async function runSacred(options: SacredOptions): Promise<SacredResult> {
  const { fate, transport, seconds, callsPerSecond, overloadTrigger = 'pjsip_only', seed } = options;
  const port = await freePort();
  const lab = await startLab({
    name: 'sacred',
    portBlocks: 2,
    pbx: {
      overloadTrigger,
      ...(transport === 'outbound' ? { dials: `ws://127.0.0.1:${port}/asterisk/ws/main` } : {}),
    },
  });
  const site = await startSite(lab, { port, transport, stuckMs: seconds * 1000 });
  try {
    const { warmUpCalls = 0 } = options;
    if (warmUpCalls > 0) await lab.sipp({ calls: ordersOf(warmUpCalls, seed), callsPerSecond });
    const ear = await lab.listen();
    const talks = [];
    for (const number of talkers) talks.push(await talk(lab, number));
    await site.supervise();
    const pbxMbBefore = megabytes(lab);
    const total = seconds * callsPerSecond;
    const loading = lab.sipp({ calls: ordersOf(total, seed), callsPerSecond });
    await delay(normalMs);
    const fateAtMs = Date.now();
    const gone = site.befall(fate);
    const calls = await loading;
    const untilMs = Date.now();
    const serverGoneMs = await Promise.race([gone, delay(0, null)]);
    const pbxMbAfter = megabytes(lab);
    const gaps = await gapsOf(ear, talks, fateAtMs - normalMs, untilMs - 500);
    const refused = calls.filter(({ status }) => status !== 200);
    return {
      fate,
      transport,
      overloadTrigger,
      seed,
      calls: calls.length,
      refused: refused.length,
      cut: calls.filter(({ status, ending }) => status === 200 && ending !== 'caller').length,
      talksCut: talks.filter(({ customer, agent }) => customer.end || agent.end).length,
      ...gaps,
      serverGoneMs: fate === 'stuck' || fate === 'none' ? null : serverGoneMs,
      lastRefusedMs: lastOf(refused, fateAtMs),
      pbxMbBefore,
      pbxMbAfter,
      pbxKbPerCall: Math.round(((pbxMbAfter - pbxMbBefore) * 1000) / calls.length),
    };
  } finally {
    await site.close();
    await lab.stop();
  }
}

/**
 * What makes a run a failure; empty: nobody noticed anything. Where the machine tears holes into what a phone itself sends, only a
 * gap of twice that is somebody else's doing.
 */
export function harmOf(result: SacredResult, gapMaxMs = 40): string[] {
  const { refused, cut, talksCut, longestGapMs, ownGapMs } = result;
  return [
    refused > 0 && `${refused} calls refused`,
    cut > 0 && `${cut} calls cut`,
    talksCut > 0 && `${talksCut} talks cut`,
    longestGapMs > Math.max(gapMaxMs, 2 * ownGapMs) &&
      `a gap of ${longestGapMs} ms (the phone's own ${ownGapMs} ms)`,
  ].filter((harm) => harm !== false);
}

interface Talk {
  customer: PhoneCall;
  agent: PhoneCall;
}

async function talk(lab: Lab, number: string): Promise<Talk> {
  const arriving = lab.phones.nextCall(number);
  const customer = await lab.phones.call({ from: 'customer', to: number, codec: 'slin16' });
  const agent = await arriving;
  await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
  return { customer, agent };
}

/** Answered, talked for a second or so, hung up by the caller. */
function ordersOf(total: number, seed: number) {
  return Array.from({ length: total }, (_, i) => ({
    to: '8501',
    callerId: `0${611_000_000 + i}`,
    plan: 'hangup' as const,
    afterMs: 300 + (((i + seed) * 137) % 1200),
  }));
}

async function gapsOf(ear: Ear, talks: Talk[], fromMs: number, toMs: number) {
  let longestGapMs = 0;
  let ownGapMs = 0;
  for (const { customer, agent } of talks) {
    const heard = await ear.heardBy(customer, { fromMs, toMs });
    const said = await ear.saidBy(agent, { fromMs, toMs });
    longestGapMs = Math.max(longestGapMs, Math.round(heard.maxGapMs));
    ownGapMs = Math.max(ownGapMs, Math.round(said.maxGapMs));
  }
  return { longestGapMs, ownGapMs };
}

const megabytes = (lab: Lab) => Math.round(residentBytes(lab.pbx.pid!) / 1e6);

function lastOf(refused: readonly LoadCall[], fromMs: number): number | null {
  const times = refused.map(({ startedAt }) => Math.round(startedAt - fromMs));
  return times.length > 0 ? Math.max(...times) : null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A real `vigie serve` in a process group of its own, with a manager who listens to agent 1001. */
async function startSite(lab: Lab, o: { port: number; transport: Transport; stuckMs: number }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'vigie-sacred-'));
  // The database runs as another user, who must get in.
  chmodSync(dataDir, 0o755);
  const address = `http://127.0.0.1:${o.port}`;
  const env = {
    PORT: String(o.port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    ARI_URL: lab.pbx.ariUrl,
    ARI_USERNAME: lab.pbx.ariUsername,
    ARI_PASSWORD: lab.pbx.ariPassword,
    ARI_TRANSPORT: o.transport,
  };
  const sticking = {
    STUCK_MS: String(o.stuckMs),
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'stick.ts')}`,
  };
  const server = await startServer({ ...env, ...sticking }, address);
  const child = server.process;
  const gone = once(child, 'exit').then(() => Date.now());

  async function ask<T>(
    method: string,
    path: string,
    cookie: string,
    body: object,
  ): Promise<{ value: T; cookie: string }> {
    const headers = { 'content-type': 'application/json', cookie };
    const reply = await fetch(address + path, { method, headers, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return {
      value: (await reply.json()) as T,
      cookie: reply.headers.getSetCookie()[0]?.split(';')[0] ?? cookie,
    };
  }

  return {
    async supervise(): Promise<void> {
      const who = ['--login', 'sup', '--name', 'Sophie', '--role', 'manager', '--endpoint', 'PJSIP/1901'];
      await runVigie(['user', 'add', ...who], env, `${password}\n`);
      const { cookie } = await ask('POST', '/api/session', '', { login: 'sup', password });
      const agent = await ask<{ id: string }>('POST', '/api/agents', cookie, {
        name: 'Alice',
        endpoint: 'PJSIP/1001',
      });
      const wish = {
        agentId: agent.value.id,
        mode: 'listen',
        scope: 'call',
        reason: 'test',
        device: 'phone',
      };
      const isOn = async () => {
        const reply = await fetch(`${address}/api/agents/${agent.value.id}`, { headers: { cookie } });
        return ((await reply.json()) as { state: string }).state === 'on-call';
      };
      await waitFor('the agent to be on a call', isOn, 20_000);
      const { value } = await ask<{ id: string }>('POST', '/api/supervisions', cookie, wish);
      const isLive = async () => {
        const reply = await fetch(`${address}/api/supervisions/${value.id}`, { headers: { cookie } });
        return ((await reply.json()) as { state: string }).state === 'live';
      };
      await waitFor('the supervision to be live', isLive, 20_000);
    },
    /** Resolves with how long the process lived on. */
    befall(fate: Fate): Promise<number> {
      const fromMs = Date.now();
      const pid = child.pid!;
      if (fate === 'stopped') process.kill(pid, 'SIGTERM');
      // Its whole process group, as a stopped machine would.
      if (fate === 'killed') process.kill(-pid, 'SIGKILL');
      if (fate === 'frozen') process.kill(-pid, 'SIGSTOP');
      if (fate === 'stuck') process.kill(pid, 'SIGUSR2');
      return gone.then((atMs) => atMs - fromMs);
    },
    async close(): Promise<void> {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
      // The database of a server that was killed ends by itself, a moment later.
      await delay(1000);
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
    },
  };
}
