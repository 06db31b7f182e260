import type { ChatMessage, ChatPair } from '../../../contract/chat.ts';
import { RequestProblem, request } from '../http/request.ts';
import { append, type Outgoing } from './chat-log.ts';
import { keyOf, logOf, setLog } from './chat-store.ts';
import { newId } from './new-id.ts';

const retryMs = 2_000;
/** Waiting in one thread; beyond, what is written stays in the field. */
const outgoingMax = 50;
const sending = new Map<string, { wake: () => void }>();

/** Shows it at once and sends it after those before it. False when too many wait already. */
export function send(pair: ChatPair, text: string): boolean {
  const key = keyOf(pair);
  const log = logOf(key);
  if (log.outgoing.length >= outgoingMax) return false;
  const one: Outgoing = { clientId: newId(), text, state: 'sending', code: null };
  setLog(key, { ...log, outgoing: [...log.outgoing, one] });
  void work(pair);
  return true;
}

/** Tries again what was refused. */
export function sendAgain(pair: ChatPair, clientId: string): void {
  change(keyOf(pair), clientId, { state: 'sending', code: null });
  void work(pair);
}

export function discard(pair: ChatPair, clientId: string): void {
  const log = logOf(keyOf(pair));
  setLog(keyOf(pair), { ...log, outgoing: log.outgoing.filter((one) => one.clientId !== clientId) });
}

/** The network is back: nobody waits for his next try. */
export function wakeOutbox(): void {
  for (const { wake } of sending.values()) wake();
}

/** One after the other, so that they arrive in the order they were written. */
async function work(pair: ChatPair): Promise<void> {
  const key = keyOf(pair);
  if (sending.has(key)) return;
  const nap = { wake: () => {} };
  sending.set(key, nap);
  try {
    for (;;) {
      const next = logOf(key).outgoing.find(({ state }) => state !== 'refused');
      if (!next) return;
      const waitMs = await attempt(pair, next);
      if (waitMs === null) continue;
      await new Promise<void>((resolve) => {
        nap.wake = resolve;
        setTimeout(resolve, waitMs);
      });
    }
  } finally {
    sending.delete(key);
  }
}

/** How long to wait for the next try; null when this one is settled. */
async function attempt(pair: ChatPair, { clientId, text }: Outgoing): Promise<number | null> {
  const key = keyOf(pair);
  try {
    const json = { ...pair, clientId, text };
    arrived(key, await request<ChatMessage>('/api/chat/messages', { method: 'POST', json }));
    return null;
  } catch (error) {
    const problem = error instanceof RequestProblem ? error : new RequestProblem('internal', 0);
    if (problem.status === 0 || problem.status >= 500 || problem.status === 429) {
      change(key, clientId, { state: 'waiting' });
      return Number(problem.body['retryAfterS'] ?? 0) * 1_000 || retryMs;
    }
    change(key, clientId, { state: 'refused', code: problem.code });
    return null;
  }
}

/** Its own answer may come before or after the live news of it, or of one before it. */
function arrived(key: string, message: ChatMessage): void {
  const log = logOf(key);
  const next = append(log, [message]);
  if (next !== 'gap') setLog(key, next);
  else setLog(key, { ...log, outgoing: log.outgoing.filter((one) => one.clientId !== message.clientId) });
  if (next === 'gap') onGap(key);
}
let onGap: (key: string) => void = () => {};
export function whenGap(listener: (key: string) => void): void {
  onGap = listener;
}

function change(key: string, clientId: string, part: Partial<Outgoing>): void {
  const log = logOf(key);
  const outgoing = log.outgoing.map((one) => (one.clientId === clientId ? { ...one, ...part } : one));
  setLog(key, { ...log, outgoing });
}
