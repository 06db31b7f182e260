/** The reader's thread: nothing that the server does can keep it from reading the PBX. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../ports/clock.ts';
import { isKept } from '../../ports/event-log.ts';
import { createFactSender } from '../../ports/fact-sender.ts';
import type { Log } from '../../ports/log.ts';
import { createOutbox } from './outbox.ts';
import { createPbxReader } from './pbx-reader.ts';
import { type FromReader, type ReaderData, readerBeatEveryMs, type ToReader } from './reader-protocol.ts';
import { failureOf, type ThreadRequest } from './thread-requests.ts';

const port = parentPort!;
const say = (message: FromReader) => port.postMessage(message);
const { name, ari, taken, beats, factLog } = workerData as ReaderData;
const kept = factLog && createFactSender(factLog);
const outbox = createOutbox({
  send(text, facts) {
    kept?.send(facts.length, facts.some(isKept) ? text : null);
    say({ kind: 'facts', text });
  },
  taken: () => Number(Atomics.load(taken, 0)),
  // A socket that is not read fills up and harms the PBX; one that is cut does not.
  onFull: () => reader.suspend('this server does not keep up with the PBX; what happens now is read later'),
  onEmpty: () => reader.resume(),
});
const reader = createPbxReader({
  name,
  ari,
  clock: systemClock,
  log: logTo(say),
  emit: outbox.add,
});

const beat = () => Atomics.add(beats, 0, 1);
beat();
setInterval(beat, readerBeatEveryMs).unref();
port.on('message', (message: ToReader) => {
  switch (message.kind) {
    case 'watch-queues':
      return reader.watchQueues(message.names);
    case 'need':
      return reader.need(message.needs);
    case 'request':
      return void answer(message);
    case 'stop':
      return void reader.stop().then(leave);
    default:
      message satisfies never;
  }
});
reader.start();

async function answer({ id, method, path, options }: ThreadRequest): Promise<void> {
  try {
    say({ kind: 'reply', id, value: await reader.request(method, path, options) });
  } catch (error) {
    say({ kind: 'failed', id, error: failureOf(error) });
  }
}

function leave(): void {
  outbox.stop();
  factLog?.port.close();
  port.close();
}

function logTo(send: (message: FromReader) => void): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error', bound: object) => (fields: object, message: string) =>
      send({ kind: 'log', level, fields: { ...bound, ...plain(fields) }, message });
  const made = (bound: object): Log => ({
    debug: write('debug', bound),
    info: write('info', bound),
    warn: write('warn', bound),
    error: write('error', bound),
    child: (fields) => made({ ...bound, ...plain(fields) }),
  });
  return made({});
}

/** Errors of ours lose their class on the way between threads; what they say must not be lost. */
function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value,
    ]),
  );
}
