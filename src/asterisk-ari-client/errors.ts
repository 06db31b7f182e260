/** Every way a request can fail. The table in README.md is compared with this list by a test. */
export const ariErrorCodes = [
  'ari-http',
  'ari-unauthorized',
  'ari-timeout',
  'ari-unreachable',
  'ari-cut',
  'ari-bad-reply',
  'ari-busy',
  'ari-aborted',
  'ari-closed',
  'ari-invalid-argument',
] as const;
export type AriErrorCode = (typeof ariErrorCodes)[number];

export interface AriErrorDetails {
  code: AriErrorCode;
  /** HTTP status, when there was an answer. */
  status?: number | undefined;
  method?: string | undefined;
  /** Path below /ari, without query: parameters may hold personal data. */
  path?: string | undefined;
  /** What Asterisk, or the network, said. */
  reason?: string | undefined;
  /** True when the request may have reached Asterisk although no answer came. */
  mayHaveRun?: boolean | undefined;
  cause?: unknown;
}

const reasonCharsMax = 300;

/** Text from outside, safe for one log line: no control characters, bounded. */
export function shortText(text: string): string {
  const clean = text.replace(/\p{Cc}+/gu, ' ').trim();
  return clean.length > reasonCharsMax ? `${clean.slice(0, reasonCharsMax).toWellFormed()}…` : clean;
}

/** The one error of this library. Recognise it by `code`, never by its text. */
export class AriError extends Error {
  override readonly name = 'AriError';
  readonly code: AriErrorCode;
  readonly status: number | undefined;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly mayHaveRun: boolean;

  constructor({ code, status, method, path, reason, mayHaveRun = false, cause }: AriErrorDetails) {
    const what = method ? `${method} ${shortText(path ?? '')}: ` : '';
    const answer = [status, reason && shortText(reason)].filter(Boolean).join(' ');
    super(`${what}${answer || code}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.method = method;
    this.path = path;
    this.mayHaveRun = mayHaveRun;
  }
}

export const invalidArgument = (reason: string, method?: string, path?: string) =>
  new AriError({ code: 'ari-invalid-argument', reason, method, path });
