import type { ChatMessage } from '../../../contract/chat.ts';
import type { ErrorCode } from '../../../contract/errors.ts';

/** One that this page sends: it waits for its turn, for the network, or for the person when the server refused it. */
export interface Outgoing {
  clientId: string;
  text: string;
  state: 'sending' | 'waiting' | 'refused';
  /** Why it was refused. */
  code: ErrorCode | 'unreachable' | null;
}
/** What a page knows of one thread, in the order of `seq` and without a gap. */
export interface ChatLog {
  messages: readonly ChatMessage[];
  hasOlder: boolean;
  outgoing: readonly Outgoing[];
}

export const emptyLog: ChatLog = { messages: [], hasOlder: false, outgoing: [] };

/**
 * Adds what follows; what is known already counts once. `gap`: something in between is missing, nothing was added. Where the
 * server has another message of a known number, its own counts from there on: a database that fell over forgets what it had
 * not written yet.
 */
export function append(log: ChatLog, fresh: readonly ChatMessage[]): ChatLog | 'gap' {
  const messages = withoutForgotten(log.messages, fresh);
  const lastSeq = messages.at(-1)?.seq ?? 0;
  const following = fresh.filter(({ seq }) => seq > lastSeq);
  if (following.some(({ seq }, i) => seq !== lastSeq + 1 + i) && messages.length > 0) return 'gap';
  const arrived = new Set(fresh.map(({ clientId }) => clientId));
  const outgoing = log.outgoing.filter(({ clientId }) => !arrived.has(clientId));
  if (following.length === 0 && outgoing.length === log.outgoing.length) return log;
  return { ...log, messages: [...messages, ...following], outgoing };
}

function withoutForgotten(known: readonly ChatMessage[], fresh: readonly ChatMessage[]) {
  const firstSeq = known[0]?.seq ?? 0;
  const other = fresh.find(({ seq, id }) => known[seq - firstSeq] && known[seq - firstSeq]?.id !== id);
  return other ? known.slice(0, other.seq - firstSeq) : known;
}

export function prepend(log: ChatLog, older: readonly ChatMessage[], hasOlder: boolean): ChatLog {
  const firstSeq = log.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  return { ...log, messages: [...older.filter(({ seq }) => seq < firstSeq), ...log.messages], hasOlder };
}
