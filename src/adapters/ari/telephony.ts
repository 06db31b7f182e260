import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bindOperations, createAriClient } from '../../asterisk-ari-client/index.ts';
import { systemClock } from '../../ports/clock.ts';
import type { EventLog, FactCounter } from '../../ports/event-log.ts';
import { createFactStamp } from '../../ports/fact-stamp.ts';
import type { Log } from '../../ports/log.ts';
import type { Telephony } from '../../ports/telephony.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { createBreaker } from './breaker.ts';
import { createAriCommands } from './commands.ts';
import { markVariableOf } from './orphans.ts';
import { createPhoneAccounts } from './phone-accounts.ts';
import { isOutbound } from './reader-link.ts';
import {
  type FromReader,
  type ReaderData,
  readerBeatEveryMs,
  readerBeatsMissedMax,
  type ToReader,
} from './reader-protocol.ts';
import type { Redirect } from './taking.ts';
import { createThreadRequests, type ThreadRequest } from './thread-requests.ts';

export interface AriTelephonyOptions extends Omit<ReaderData, 'taken' | 'beats' | 'factLog'> {
  log: Log;
  /** Keeps what is read. Default: nothing does. */
  factLog?: Pick<EventLog, 'openSource'> | undefined;
  /** Left on the PBX at each connection: which server was there last (`orphans.ts`). */
  mark?: string;
  /** Whether queue membership, device states must be asked over ARI now; false while AMI tells them. */
  needsMembership?: () => boolean;
  needsDeviceStates?: () => boolean;
  /** Moves legs by AMI, both at once. Default: by the bundled dialplan alone. */
  redirect?: Redirect | undefined;
}

const stopTimeoutMs = 3000;
const restartAfterMs = 1000;
const askNeedsEveryMs = 500;

/**
 * One PBX over ARI. Its events are read on a thread of their own, which cuts the connection rather than leave it unread
 * when this server does not take the facts; commands go from here. What the PBX does is facts, never an exception.
 */
export function createAriTelephony(options: AriTelephonyOptions): Telephony {
  const { name, ari, log, mark, needsMembership = () => true, needsDeviceStates = needsMembership } = options;
  const overThread = isOutbound(ari) ? createThreadRequests(send) : null;
  const client = overThread ? null : createAriClient({ ...ari, log });
  const stamp = createFactStamp(name, 'ari', systemClock);
  const breaker = createBreaker({ request: overThread?.request ?? client!.request, onChange: tellAnswers });
  const requests = bindOperations(breaker.request);
  const queues = new Set<string>();
  let onFact: (fact: TelephonyFact) => void = () => {};
  let thread: Worker | undefined;
  let isStopping = false;
  let mayReplaceOthers = false;
  let toldNeeds = '';
  let timer: NodeJS.Timeout | undefined;

  const say = (message: ToReader) => thread?.postMessage(message);

  function send(request: ThreadRequest): boolean {
    thread?.postMessage(request);
    return thread !== undefined;
  }

  function tellAnswers(answers: boolean): void {
    log[answers ? 'info' : 'warn']({ pbx: name, answers }, 'Whether the PBX answers requests has changed');
    stamp.nextGeneration();
    give(stamp.fact({ kind: 'pbx-commands', answers }, stamp.pbxNowMs()));
  }

  function startThread(): void {
    const file = new URL(`./reader-thread${extname(import.meta.filename)}`, import.meta.url);
    const taken: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
    const factLog = options.factLog?.openSource(taken) ?? null;
    const beats = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ReaderData = {
      name,
      ari: { ...ari, mayReplace: mayReplaceOthers },
      taken,
      beats,
      factLog,
    };
    // Flags of the server's process, a debugger's or a test runner's, are none of the reader's.
    const made = new Worker(file, { execArgv: [], workerData, transferList: factLog ? [factLog.port] : [] });
    thread = made;
    const watching = watchBeats(beats, () => {
      log.error({ pbx: name }, 'The reader of the PBX is stuck; it is begun anew');
      void made.terminate();
    });
    made.on('message', (message: FromReader) => {
      if (message.kind === 'log') log[message.level](message.fields, message.message);
      else if (message.kind === 'facts') Atomics.add(taken, 0, BigInt(take(message.text)));
      else overThread?.take(message);
    });
    made.on('error', (error) => log.error({ err: error, pbx: name }, 'The reader of the PBX failed'));
    made.on('exit', () => {
      clearInterval(watching);
      overThread?.fail();
      if (!isStopping) timer = setTimeout(startThread, restartAfterMs);
    });
    say({ kind: 'watch-queues', names: [...queues] });
    toldNeeds = '';
    tellNeeds();
  }

  function take(text: string): number {
    const facts = JSON.parse(text) as TelephonyFact[];
    for (const fact of facts) {
      // Before anybody acts on it.
      if (fact.kind === 'pbx-connected') breaker.noteAnswer();
      give(fact);
      if (fact.kind === 'pbx-connected') leaveMark();
    }
    return facts.length;
  }

  function give(fact: TelephonyFact): void {
    try {
      onFact(fact);
    } catch (error) {
      log.error({ err: error, kind: fact.kind }, 'A fact could not be taken');
    }
  }

  function leaveMark(): void {
    if (mark === undefined) return;
    requests.asterisk
      .setGlobalVar({ variable: markVariableOf(ari.app), value: mark })
      .catch((error: unknown) =>
        log.warn({ err: error, pbx: name }, 'The PBX could not be told which server is there'),
      );
  }

  function tellNeeds(): void {
    const needs = { membership: needsMembership(), deviceStates: needsDeviceStates() };
    if (JSON.stringify(needs) === toldNeeds) return;
    toldNeeds = JSON.stringify(needs);
    say({ kind: 'need', needs });
  }
  const asking = setInterval(tellNeeds, askNeedsEveryMs).unref();

  return {
    pbx: name,
    commands: {
      ...createAriCommands({ ari: requests, app: ari.app, redirect: options.redirect }),
      areAnswered: () => breaker.answers,
    },
    phoneAccounts: createPhoneAccounts(requests),
    async start(listener, { mayReplace } = { mayReplace: false }) {
      onFact = listener;
      mayReplaceOthers = mayReplace;
      startThread();
    },
    async stop() {
      isStopping = true;
      clearInterval(asking);
      clearTimeout(timer);
      breaker.stop();
      await Promise.all([client?.close(), stopThread(thread)]);
      overThread?.fail();
    },
    watchQueues(names) {
      for (const queue of names) queues.add(queue);
      say({ kind: 'watch-queues', names });
    },
  };
}

/** A reader that does not get on is a deaf one: its end closes its connection. Ticks, not time: a sleeping machine counts none. */
function watchBeats(beats: Int32Array, onStuck: () => void): NodeJS.Timeout {
  let seen = 0;
  let missed = 0;
  let isBegun = false;
  return setInterval(() => {
    const now = Atomics.load(beats, 0);
    missed = now === seen ? missed + 1 : 0;
    isBegun ||= now > 0;
    seen = now;
    if (isBegun && missed > readerBeatsMissedMax) onStuck();
  }, readerBeatEveryMs).unref();
}

async function stopThread(thread: Worker | undefined): Promise<void> {
  if (!thread || thread.threadId === -1) return;
  const gone = once(thread, 'exit');
  thread.postMessage({ kind: 'stop' } satisfies ToReader);
  const deadline = setTimeout(() => void thread.terminate(), stopTimeoutMs);
  await gone;
  clearTimeout(deadline);
}
