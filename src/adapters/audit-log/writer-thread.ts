/** The thread that writes the audit log: a disk that takes its time keeps nobody waiting but who asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { type LogFile, openLogFile } from './log-file.ts';
import type { FromWriter, ToWriter, Wish, WriterData } from './writer-protocol.ts';

const port = parentPort!;
const say = (message: FromWriter) => port.postMessage(message);
const { path, publicKey, readOnly, startedAt } = workerData as WriterData;

type Asked = { number: number; wish: Wish };
type Append = Asked & { wish: { kind: 'append' } };
let file: LogFile | null = null;
let waiting: Append[] = [];

port.on('message', (message: ToWriter) => {
  if ('stop' in message) return leave();
  if (message.wish.kind !== 'append') return answer(message);
  // Those that come while a sync is under way, or at the same moment, share the next one.
  if (waiting.push(message as Append) === 1) setImmediate(writeWaiting);
});

function writeWaiting(): void {
  const batch = waiting;
  waiting = [];
  if (batch.length === 0) return;
  attempt(batch, (opened) => {
    const written = opened.append(batch.map(({ wish }) => wish.record));
    for (const [i, { number }] of batch.entries()) say({ number, answer: written[i]! });
  });
}

function answer(asked: Asked): void {
  attempt([asked], (opened) => {
    say({ number: asked.number, answer: carryOut(opened, asked.wish) });
  });
}

function carryOut(opened: LogFile, wish: Wish): Extract<FromWriter, { answer: unknown }>['answer'] {
  switch (wish.kind) {
    case 'append':
      return opened.append([wish.record])[0]!;
    case 'probe':
      opened.probe();
      return null;
    case 'after':
      return opened.after(wish.sequence, wish.limit);
    case 'state':
      return { ...opened.state(), publicKey };
    case 'copied':
      opened.markCopied(wish.sequence);
      return null;
    case 'purge':
      opened.purge(wish.checkpoint);
      return null;
    default:
      return wish satisfies never;
  }
}

/** After a failure the file is opened anew: the disk may have been emptied, or the file put back. */
function attempt(asked: readonly Asked[], act: (opened: LogFile) => void): void {
  try {
    file ??= openLogFile({
      path,
      publicKey,
      readOnly,
      startedAt,
      onDamage: (damage, message) => say({ damage, message }),
    });
    act(file);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    for (const { number } of asked) say({ number, failure });
    close();
  }
}

function close(): void {
  const closing = file;
  file = null;
  try {
    closing?.close();
  } catch {
    // It has failed already, and who asked was told.
  }
}

function leave(): void {
  writeWaiting();
  close();
  port.close();
}
