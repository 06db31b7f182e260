import { invalidArgument } from './errors.ts';

/** The two methods of a logger that are used (pino's order of arguments). */
export interface AriLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface AriTlsOptions {
  ca?: string | Buffer | (string | Buffer)[];
  cert?: string | Buffer;
  key?: string | Buffer;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface AriFrameMeta {
  /** Number of the connection, counted from `firstGeneration`. A new one means: events may have been missed. */
  generation: number;
  /** Number of the text frame within its connection, from 1; skipped frames are counted too. */
  sequence: number;
  /** Wall clock, milliseconds since 1970. */
  receivedAtMs: number;
}

/** Options that hold however the connection came to be. Defaults in `commonDefaults`. */
export interface AriCommonOptions {
  restTransport?: 'http' | 'websocket';
  requestTimeoutMs?: number;
  requestsInFlightMax?: number;
  requestsWaitingMax?: number;
  replyBytesMax?: number;
  pingIntervalMs?: number;
  pingTimeoutMs?: number;
  frameBytesMax?: number;
  closeTimeoutMs?: number;
  firstGeneration?: number;
  /** Only these event types are parsed and delivered; all when left out. */
  eventTypes?: readonly string[];
  /** Sees every wanted text frame before it is parsed. */
  onFrame?: (text: string, meta: AriFrameMeta) => void;
  log?: AriLog;
}

export interface AriClientOptions extends AriCommonOptions {
  /** `http://pbx:8088` or `https://pbx:8089/ari`. No credentials in it. */
  url: string;
  username: string;
  password: string;
  app: string;
  /** Asterisk's `prefix` of http.conf, put before /ari. */
  prefix?: string;
  tls?: AriTlsOptions;
  subscribeAll?: boolean;
  connectTimeoutMs?: number;
  reconnectMinMs?: number;
  reconnectMaxMs?: number;
  /** Wait after a refused password, where hurry would only fill the PBX's log. */
  unauthorizedRetryMs?: number;
  /** How often to look whether an application that another client took over is free again. */
  replacedRetryMs?: number;
}

export const commonDefaults = {
  requestTimeoutMs: 5000,
  requestsInFlightMax: 16,
  requestsWaitingMax: 256,
  replyBytesMax: 64 * 1024 * 1024,
  pingIntervalMs: 1000,
  pingTimeoutMs: 1000,
  frameBytesMax: 10 * 1024 * 1024,
  closeTimeoutMs: 1000,
  firstGeneration: 1,
} as const;

export const clientDefaults = {
  ...commonDefaults,
  restTransport: 'http',
  subscribeAll: false,
  connectTimeoutMs: 5000,
  reconnectMinMs: 250,
  reconnectMaxMs: 10_000,
  unauthorizedRetryMs: 30_000,
  replacedRetryMs: 5000,
} as const;

/** Own defaults first, and an option given as undefined counts as left out. */
export function withDefaults<Options extends object, Defaults extends object>(
  options: Options,
  defaults: Defaults,
) {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as Options & Defaults;
}

/** Where Asterisk's interface is, and what opens it. Never logged, never part of an error. */
export interface AriAddress {
  origin: string;
  basePath: string;
  authorization: string;
}

/** @throws AriError `ari-invalid-argument`; its text does not repeat the URL, which may hold a secret. */
export function readAddress({ url, prefix = '', username, password }: AriClientOptions): AriAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw invalidArgument('url is not an http or https address');
  if (parsed.username || parsed.password || parsed.search)
    throw invalidArgument('url must not carry credentials or a query');
  if (username.includes(':')) throw invalidArgument('a username cannot contain a colon');
  const path = parsed.pathname === '/' ? '/ari' : parsed.pathname.replace(/\/+$/, '');
  const before = prefix.replace(/^\/*/, '/').replace(/\/+$/, '');
  return {
    origin: parsed.origin,
    basePath: `${before}${path}`,
    authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`,
  };
}
