import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createAriClient } from '../../asterisk-ari-client/index.ts';
import type { EventLog, FactCounter } from '../../ports/event-log.ts';
import type { Log } from '../../ports/log.ts';
import type { Telephony } from '../../ports/telephony.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { createAriCommands } from './commands.ts';
import { markVariableOf } from './orphans.ts';
import { createPhoneAccounts } from './phone-accounts.ts';
import type { FromReader, ReaderData, ToReader } from './reader-protocol.ts';
import type { Redirect } from './taking.ts';

export interface AriTelephonyOptions extends Omit<ReaderData, 'taken' | 'factLog'> {
  log: Log;
  /** Keeps what is read. Default: nothing does. */
  factLog?: Pick<EventLog, 'openSource'> | undefined;
  /** Left on the PBX at each connection: which server was there last (`orphans.ts`). */
  mark?: string;
  /** Whether queue membership must be asked over ARI now; false while AMI tells it. */
  needsMembership?: () => boolean;
  /** Moves legs by AMI, both at once. Default: by the bundled dialplan alone. */
  redirect?: Redirect | undefined;
}

const stopTimeoutMs = 3000;
const restartAfterMs = 1000;
const askMembershipEveryMs = 500;

/**
 * One PBX over ARI. Its events are read on a thread of their own, which cuts the connection rather than leave it unread
 * when this server does not take the facts; commands go from here. What the PBX does is facts, never an exception.
 */
export function createAriTelephony(options: AriTelephonyOptions): Telephony {
  const { name, ari, log, mark, needsMembership = () => true } = options;
  const client = createAriClient({ ...ari, log });
  const queues = new Set<string>();
  let onFact: (fact: TelephonyFact) => void = () => {};
  let thread: Worker | undefined;
  let isStopping = false;
  let isMembershipNeeded = true;
  let timer: NodeJS.Timeout | undefined;

  const say = (message: ToReader) => thread?.postMessage(message);

  function startThread(): void {
    const file = new URL(`./reader-thread${extname(import.meta.filename)}`, import.meta.url);
    const taken: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
    const factLog = options.factLog?.openSource(taken) ?? null;
    const workerData: ReaderData = { name, ari, taken, factLog };
    // Flags of the server's process, a debugger's or a test runner's, are none of the reader's.
    const made = new Worker(file, { execArgv: [], workerData, transferList: factLog ? [factLog.port] : [] });
    thread = made;
    made.on('message', (message: FromReader) => {
      if (message.kind === 'log') log[message.level](message.fields, message.message);
      else Atomics.add(taken, 0, BigInt(take(message.text)));
    });
    made.on('error', (error) => log.error({ err: error, pbx: name }, 'The reader of the PBX failed'));
    made.on('exit', () => {
      if (!isStopping) timer = setTimeout(startThread, restartAfterMs);
    });
    say({ kind: 'watch-queues', names: [...queues] });
    isMembershipNeeded = true;
    tellMembership();
  }

  function take(text: string): number {
    const facts = JSON.parse(text) as TelephonyFact[];
    for (const fact of facts) {
      if (fact.kind === 'pbx-connected') leaveMark();
      try {
        onFact(fact);
      } catch (error) {
        log.error({ err: error, kind: fact.kind }, 'A fact could not be taken');
      }
    }
    return facts.length;
  }

  function leaveMark(): void {
    if (mark === undefined) return;
    client.asterisk
      .setGlobalVar({ variable: markVariableOf(ari.app), value: mark })
      .catch((error: unknown) =>
        log.warn({ err: error, pbx: name }, 'The PBX could not be told which server is there'),
      );
  }

  function tellMembership(): void {
    if (needsMembership() === isMembershipNeeded) return;
    isMembershipNeeded = !isMembershipNeeded;
    say({ kind: 'need-membership', isNeeded: isMembershipNeeded });
  }
  const asking = setInterval(tellMembership, askMembershipEveryMs).unref();

  return {
    pbx: name,
    commands: createAriCommands({ ari: client, app: ari.app, redirect: options.redirect }),
    phoneAccounts: createPhoneAccounts(client),
    async start(listener) {
      onFact = listener;
      startThread();
    },
    async stop() {
      isStopping = true;
      clearInterval(asking);
      clearTimeout(timer);
      await Promise.all([client.close(), stopThread(thread)]);
    },
    watchQueues(names) {
      for (const queue of names) queues.add(queue);
      say({ kind: 'watch-queues', names });
    },
  };
}

async function stopThread(thread: Worker | undefined): Promise<void> {
  if (!thread || thread.threadId === -1) return;
  const gone = once(thread, 'exit');
  thread.postMessage({ kind: 'stop' } satisfies ToReader);
  const deadline = setTimeout(() => void thread.terminate(), stopTimeoutMs);
  await gone;
  clearTimeout(deadline);
}
