/** The thread that writes the fact log: a disk that takes its time keeps nobody waiting, the reader of the PBX least of all. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SentBatch } from '../../ports/fact-sender.ts';
import { createLogKeeper } from './log-keeper.ts';
import type { FromLog, LogThreadData, ToLog, Wish } from './thread-protocol.ts';

const port = parentPort!;
const say = (message: FromLog) => port.postMessage(message);
const keeper = createLogKeeper({
  ...(workerData as LogThreadData),
  onState: (state, isIncomplete) => say({ state, isIncomplete }),
  onDamage: (damage, message) => say({ damage, message }),
});
let nextLeft: (() => void) | null = null;

port.on('message', (message: ToLog) => {
  if ('stop' in message) return leave();
  if ('replayed' in message) return nextLeft?.();
  if ('port' in message) {
    const { source, kept } = message;
    message.port.on('message', (batch: SentBatch) => keeper.add({ source, kept, batch }));
    return;
  }
  const { number, wish } = message;
  carryOut(wish).then(
    (answer) => say({ number, answer }),
    (error: unknown) => say({ number, failure: error instanceof Error ? error.message : String(error) }),
  );
});

async function carryOut(wish: Wish): Promise<unknown> {
  switch (wish.kind) {
    case 'synced':
      return await keeper.synced(wish.source, wish.through);
    case 'replay':
      return await keeper.replay((left, texts) => {
        say({ left, texts });
        return new Promise<void>((resolve) => {
          nextLeft = resolve;
        });
      });
    case 'page':
      return keeper.use((file) => file.turnPage(wish.rows));
    case 'put':
      return keeper.use((file) => file.put(wish.of, wish.items));
    case 'oldest':
      return keeper.use((file) => file.oldest(wish.of, wish.limit));
    case 'remove':
      return keeper.use((file) => file.remove(wish.of, wish.items));
    case 'count':
      return keeper.use((file) => file.count(wish.of));
    default:
      return wish satisfies never;
  }
}

function leave(): void {
  keeper.close();
  // Ports of sources would keep the thread alive.
  process.exit();
}
