import {
  AriError,
  type AriMethod,
  type AriRequest,
  type AriRequestOptions,
} from '../../asterisk-ari-client/index.ts';

export interface BreakerOptions {
  request: AriRequest;
  /** Told each time it opens (false) and closes again (true). */
  onChange(answers: boolean): void;
  probeEveryMs?: number;
  probeTimeoutMs?: number;
}

/** Requests that are refused at once while Asterisk answers none. */
export interface Breaker {
  request: AriRequest;
  /** False while it is open. */
  readonly answers: boolean;
  /** It has just answered somebody else: no need to wait for the next ping. */
  noteAnswer(): void;
  stop(): void;
}

const probeEveryDefaultMs = 1000;
const probeTimeoutDefaultMs = 1000;
/** So many unanswered in a row open it: one may be the network's fault. */
const failuresMax = 2;

/**
 * A breaker for the requests to one PBX. Asterisk's events may go on while its REST side is stuck (a dialplan lock, a dead
 * proxy); everybody's clicks would then wait for their deadline, one after the other. A ping a second notices it without
 * anybody having to click, and closes it again: nobody's click is the experiment, which is what the breakers of libraries do.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { probeEveryMs = probeEveryDefaultMs, probeTimeoutMs = probeTimeoutDefaultMs } = options;
  let failures = 0;
  let answers = true;
  let isProbing = false;

  function note(isAnswered: boolean): void {
    failures = isAnswered ? 0 : failures + 1;
    if (answers ? failures < failuresMax : !isAnswered) return;
    answers = isAnswered;
    options.onChange(answers);
  }

  async function probe(): Promise<void> {
    if (isProbing) return;
    isProbing = true;
    try {
      await options.request('GET', '/asterisk/ping', { timeoutMs: probeTimeoutMs });
      note(true);
    } catch (error) {
      note(isAnswer(error));
    } finally {
      isProbing = false;
    }
  }
  const timer = setInterval(() => void probe(), probeEveryMs).unref();

  async function request(method: AriMethod, path: string, given?: AriRequestOptions): Promise<unknown> {
    if (!answers) {
      const reason = 'Asterisk answers no request at present';
      throw new AriError({ code: 'ari-unreachable', method, path, reason });
    }
    return options.request(method, path, given);
  }

  return {
    request: request as AriRequest,
    get answers() {
      return answers;
    },
    noteAnswer: () => note(true),
    stop: () => clearInterval(timer),
  };
}

/** A refusal is an answer; what is in the way here, or was ended by us, tells nothing of Asterisk. */
const isAnswer = (error: unknown): boolean =>
  !(error instanceof AriError && ['ari-timeout', 'ari-unreachable', 'ari-cut'].includes(error.code));
