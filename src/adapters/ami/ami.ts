import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import { createFactStamp } from '../../ports/fact-stamp.ts';
import type { Log } from '../../ports/log.ts';
import type { QueueCommands } from '../../ports/telephony.ts';
import type { FactBody, TelephonyFact } from '../../ports/telephony-facts.ts';
import { type AmiAddress, type AmiConnection, connectAmi } from './ami-connection.ts';
import { amiEventsUsed } from './ami-facts.ts';
import { AmiError } from './ami-requests.ts';
import { createDeviceStates } from './device-states.ts';
import { createQueueCommands } from './queue-commands.ts';
import { createQueueWatch } from './queue-watch.ts';
import { createRedirect } from './redirect.ts';

export interface AmiOptions {
  /** The PBX's name in facts. */
  name: string;
  ami: AmiAddress;
  clock: Clock;
  log: Log;
}

/** The manager's part of one PBX: membership, pause reasons, waiting callers, wrap-up, agent logins. */
export interface Ami {
  readonly isConnected: boolean;
  /** Whether it tells the states of devices too. */
  readonly tellsDeviceStates: boolean;
  readonly queues: QueueCommands;
  /** Moves channels, see `redirect.ts`. */
  readonly redirect: ReturnType<typeof createRedirect>;
  start(onFact: (fact: TelephonyFact) => void): void;
  stop(): Promise<void>;
}

/** Queues and agents; of the class `call` only who spies on whom, since calls are ARI's. */
const eventClasses = 'agent,call';
/** A reload of queues.conf raises no event for what it changes. */
const readAgainEveryMs = 20_000;
const retryMinMs = 500;
const retryMaxMs = 15_000;
const refusedRetryMs = 30_000;

/** Reads one PBX's manager for ever. Never throws for what the PBX does: what is wrong is an `ami-lost` fact. */
export function createAmi({ name, ami, clock, log }: AmiOptions): Ami {
  const stamp = createFactStamp(name, 'ami', clock);
  const stopping = new AbortController();
  let onFact: (fact: TelephonyFact) => void = () => {};
  let connection: AmiConnection | undefined;
  let tellsDeviceStates = false;
  let running: Promise<void> = Promise.resolve();
  let lastLoss = '';

  function emit(body: FactBody, atMs: number): void {
    try {
      onFact(stamp.fact(body, atMs));
    } catch (error) {
      log.error({ err: error, kind: body.kind }, 'A fact could not be taken');
    }
  }

  function lose(detail: string): void {
    if (stopping.signal.aborted || detail === lastLoss) return;
    lastLoss = detail;
    log.warn({ pbx: name, detail }, 'AMI cannot be read');
    emit({ kind: 'ami-lost', detail }, stamp.pbxNowMs());
  }

  /** One connection from its beginning to its end. Resolves with why it ended; throws why it never began. */
  async function connectOnce(): Promise<string> {
    const ended = Promise.withResolvers<string>();
    const watch = createQueueWatch({ stamp, clock, emit });
    const handlers = {
      onEvent: watch.takeEvent,
      eventsRead: amiEventsUsed,
      onEnd: ended.resolve,
      signal: stopping.signal,
    };
    const up = await connectAmi(ami, eventClasses, handlers);
    stamp.nextGeneration();
    try {
      const readForEver = async () => {
        await watch.readAll(up);
        connection = up;
        lastLoss = '';
        log.info({ pbx: name }, 'AMI is read');
        emit({ kind: 'ami-connected' }, stamp.pbxNowMs());
        void followDevices(up);
        for (;;) {
          await Promise.race([pause(readAgainEveryMs), ended.promise]);
          await watch.readAll(up);
        }
      };
      await readForEver().catch((error: unknown) => up.cut(detailOf(error)));
      return await ended.promise;
    } finally {
      connection = undefined;
      tellsDeviceStates = false;
    }
  }

  /** As long as this connection is the one, and the manager gives the list. */
  async function followDevices(up: AmiConnection): Promise<void> {
    const states = createDeviceStates(stamp, emit);
    try {
      while (connection === up && (await states.read(up))) {
        tellsDeviceStates = connection === up;
        await pause(states.restMs);
      }
    } catch (error) {
      up.cut(detailOf(error));
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        lose(await connectOnce());
        failures = 0;
        await pause(retryMinMs * (0.5 + Math.random()));
      } catch (error) {
        lose(detailOf(error));
        failures += 1;
        const isRefused = error instanceof AmiError && error.code === 'refused';
        const ceilingMs = isRefused ? refusedRetryMs : Math.min(retryMaxMs, retryMinMs * 2 ** failures);
        await pause(ceilingMs * (0.5 + Math.random() / 2));
      }
    }
  }

  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => {});

  return {
    get isConnected() {
      return connection !== undefined;
    },
    get tellsDeviceStates() {
      return tellsDeviceStates;
    },
    queues: createQueueCommands(() => connection),
    redirect: createRedirect(() => connection),
    start(listener) {
      onFact = listener;
      stamp.nextGeneration();
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const detailOf = (error: unknown): string => (error instanceof Error ? error.message : 'failed');
