import { neededModules } from '../../src/adapters/ari/requirements.ts';
import { type AriClient, AriError, type AriEvent } from '../../src/asterisk-ari-client/index.ts';
import { ariTime } from './ari-words.ts';
import type { FakePbx } from './fake-pbx.ts';
import type { Random } from './tape.ts';

/** The way between the server and the PBX: what it does to requests and events. */
export interface Network {
  random: Random;
  /** Longest time of one way. */
  delayMaxMs: number;
  /** How often a request fails though the PBX is there, 0 to 1. */
  failureShare: number;
}

export interface FakeClient {
  client: AriClient;
  /** The connection ends, and what was under way on it is lost. */
  cut(): void;
  /** The process it belongs to is gone: nothing of it happens any more. */
  kill(): void;
}

const retryMaxMs = 1_000;
type Handler = (...args: never[]) => void;

/** As the real client behaves, over a network that a seed decides. */
export function createFakeClient(pbx: FakePbx, network: Network): FakeClient {
  const handlers = new Map<string, Handler[]>();
  let generation = 0;
  let isConnected = false;
  let isDead = false;
  let wantsConnection = false;
  let deliverAtMs = 0;
  const someMs = () => 1 + network.random.below(network.delayMaxMs);
  const never = new Promise<never>(() => {});

  function emit(name: string, ...args: unknown[]): void {
    if (isDead) return;
    for (const handler of handlers.get(name) ?? []) (handler as (...all: unknown[]) => void)(...args);
  }

  function later(ms: number, act: () => void): void {
    setTimeout(() => {
      if (!isDead) act();
    }, ms);
  }

  async function answer<T>(make: () => T): Promise<T> {
    const own = generation;
    await new Promise<void>((resolve) => later(someMs(), resolve));
    if (isDead) return never;
    if (!pbx.isReachable || network.random.next() < network.failureShare)
      throw new AriError({ code: 'ari-unreachable', method: 'GET', path: '/simulated', reason: String(own) });
    const made = make();
    await new Promise<void>((resolve) => later(someMs(), resolve));
    return isDead ? never : made;
  }

  function attempt(): void {
    if (!wantsConnection || isConnected || isDead) return;
    if (!pbx.isReachable) {
      const retryInMs = 100 + network.random.below(retryMaxMs);
      emit('connectFailed', { reason: 'unreachable', detail: 'simulated', attempt: 1, retryInMs });
      later(retryInMs, attempt);
      return;
    }
    isConnected = true;
    generation += 1;
    const own = generation;
    pbx.listener = (event) => {
      // In their order, each a moment later.
      deliverAtMs = Math.max(deliverAtMs, Date.now() + someMs());
      later(deliverAtMs - Date.now(), () => {
        if (own === generation && isConnected) emit('event', event satisfies AriEvent, {});
      });
    };
    emit('connected', { generation });
  }

  function cut(): void {
    if (!isConnected) return;
    isConnected = false;
    pbx.listener = null;
    emit('disconnected', { generation, reason: 'closed' });
    later(100 + network.random.below(retryMaxMs), attempt);
  }

  const client = {
    on(name: string, handler: Handler) {
      handlers.set(name, [...(handlers.get(name) ?? []), handler]);
      return () => {};
    },
    get isConnected() {
      return isConnected;
    },
    connect() {
      wantsConnection = true;
      later(someMs(), attempt);
    },
    filterEvents: () => answer(() => undefined),
    async close() {
      wantsConnection = false;
      if (isConnected) pbx.listener = null;
      isConnected = false;
    },
    applications: {
      get: () =>
        answer(() => {
          throw new AriError({ code: 'ari-http', status: 404, method: 'GET', path: '/applications' });
        }),
      subscribe: () => answer(() => ({})),
    },
    asterisk: {
      getInfo: () =>
        answer(() => ({
          system: { version: '22.10.1' },
          status: { startup_time: ariTime(pbx.startedAtMs) },
        })),
      listModules: () => answer(() => neededModules.map((name) => ({ name, status: 'Running' }))),
      ping: () => answer(() => ({ timestamp: ariTime(Date.now()) })),
    },
    channels: { list: () => answer(() => pbx.channels()) },
    bridges: { list: () => answer(() => pbx.bridges()) },
    endpoints: { list: () => answer(() => []) },
    deviceStates: { get: () => answer(() => ({ name: '', state: 'UNKNOWN' })) },
  };
  return {
    client: client as unknown as AriClient,
    cut,
    kill() {
      isDead = true;
      if (isConnected) pbx.listener = null;
      isConnected = false;
    },
  };
}
