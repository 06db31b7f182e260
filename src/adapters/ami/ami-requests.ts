import type { AmiMessage } from './ami-wire.ts';

/** Why a request to the manager failed. `cut`: the connection ended before its answer. */
export class AmiError extends Error {
  readonly code: 'refused' | 'timeout' | 'cut' | 'busy';
  constructor(code: AmiError['code'], detail: string) {
    super(detail);
    this.code = code;
  }
}

export interface AmiAnswer {
  response: AmiMessage;
  /** The events of a list, in their order, without the one that closes it. */
  list: AmiMessage[];
}

interface Waiting {
  answer: AmiAnswer | undefined;
  settle: { resolve(answer: AmiAnswer): void; reject(error: AmiError): void };
  timer: NodeJS.Timeout;
}

const waitingMax = 256;
const listMax = 100_000;

export interface AmiRequests {
  /** Rejects with AmiError; always within its deadline. */
  expect(id: string, timeoutMs: number): Promise<AmiAnswer>;
  /** True when the message belonged to a request. */
  take(message: AmiMessage): boolean;
  failAll(): void;
}

/** Requests under way, found again by their ActionID. */
export function createAmiRequests(): AmiRequests {
  const waiting = new Map<string, Waiting>();

  function finish(id: string, act: (one: Waiting) => void): void {
    const one = waiting.get(id);
    if (!one) return;
    waiting.delete(id);
    clearTimeout(one.timer);
    act(one);
  }
  const fail = (id: string, error: AmiError) => finish(id, ({ settle }) => settle.reject(error));
  const done = (id: string, answer: AmiAnswer) => finish(id, ({ settle }) => settle.resolve(answer));

  return {
    expect(id, timeoutMs) {
      if (waiting.size >= waitingMax)
        return Promise.reject(new AmiError('busy', 'too many requests at once'));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail(id, new AmiError('timeout', 'no answer in time')), timeoutMs);
        waiting.set(id, { answer: undefined, settle: { resolve, reject }, timer });
      });
    },
    take(message) {
      const id = message.get('ActionID') ?? '';
      const one = waiting.get(id);
      if (!one) return message.has('Response');
      const word = message.get('Response');
      if (word === 'Error') fail(id, new AmiError('refused', message.get('Message') ?? 'refused'));
      else if (word !== undefined) {
        one.answer = { response: message, list: [] };
        if (message.get('EventList') !== 'start') done(id, one.answer);
      } else if (one.answer) {
        if (message.get('EventList') === 'Complete') done(id, one.answer);
        else if (one.answer.list.push(message) > listMax)
          fail(id, new AmiError('refused', 'the list is too long'));
      }
      return true;
    },
    failAll() {
      for (const id of [...waiting.keys()]) fail(id, new AmiError('cut', 'the connection ended'));
    },
  };
}
