import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { AppError } from '../../contract/errors.ts';
import type { Log } from '../../ports/log.ts';

/** One connection to Redis, however many servers it has. */
export type RedisLink = Redis | Cluster;

const commandTimeoutMs = 1_000;
const connectTimeoutMs = 3_000;
const retryLastMs = 500;
const slotsLookEveryMs = 500;
/** What a blocking read may take beyond the time it asked for. */
const blockingGraceMs = 1_000;

interface Node {
  host: string;
  port: number;
}
/** What REDIS_URL says. */
export type RedisAddress =
  | { kind: 'one'; url: string }
  | { kind: 'sentinel'; nodes: Node[]; name: string; auth: Auth; db: number }
  | { kind: 'cluster'; nodes: Node[]; auth: Auth; tls: boolean };
interface Auth {
  username?: string;
  password?: string;
}

const form =
  'redis://host:6379, rediss:// (TLS), redis+sentinel://host:26379,host2:26379/NAME or redis+cluster://host:6379,host2:6379';

/**
 * `redis://[user:password@]host[:port][/db]`, `rediss://…`, `redis+sentinel://[user:password@]host[:port],…/NAME[/db]`,
 * `redis+cluster://[user:password@]host[:port],…` (`rediss+cluster://` with TLS). Throws `bad-setting`, never with the value.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const found = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/@]+)(\/[^?#]*)?$/.exec(url);
  if (!found) throw wrong();
  const [, scheme, many, login = '', hosts = '', path = ''] = found;
  if (many === undefined) {
    if (!URL.parse(url) || hosts.includes(',')) throw wrong();
    return { kind: 'one', url };
  }
  const defaultPort = many === 'sentinel' ? 26_379 : 6_379;
  const nodes = hosts.split(',').map((one) => nodeOf(one, defaultPort));
  const [, name = '', db = '0'] = path.split('/');
  if (many === 'cluster') return { kind: 'cluster', nodes, auth: authOf(login), tls: scheme === 'rediss' };
  if (name === '' || !/^\d{1,2}$/.test(db)) throw wrong();
  return { kind: 'sentinel', nodes, name, auth: authOf(login), db: Number(db) };
}

function nodeOf(text: string, defaultPort: number): Node {
  const parsed = URL.parse(`redis://${text}`);
  if (!parsed?.hostname) throw wrong();
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
  };
}

function authOf(login: string): Auth {
  if (login === '') return {};
  const [username = '', password = ''] = login.split(':').map(decodeURIComponent);
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

const wrong = () => new AppError('bad-setting', `REDIS_URL is not one of ${form}`);

/**
 * Connects, and again for ever. A command while it is not connected fails at once, one that is not answered after a second:
 * nothing here waits for Redis longer. What fails is said once until it works again.
 */
export function connectRedis(url: string, log: Log, purpose: string): RedisLink {
  const link = createLink(parseRedisUrl(url), purpose);
  let isAway = false;
  link.on('error', (error: Error) => {
    if (!isAway) log.warn({ err: error, purpose }, 'Redis is away');
    isAway = true;
  });
  link.on('ready', () => {
    if (isAway) log.info({ purpose }, 'Redis is back');
    isAway = false;
  });
  return link;
}

const retryStrategy = (times: number): number => Math.min(50 * times, retryLastMs);

function createLink(address: RedisAddress, purpose: string): RedisLink {
  const options: RedisOptions = {
    connectionName: `vigie-${purpose}`,
    connectTimeout: connectTimeoutMs,
    // A blocking read has a limit of its own.
    ...(purpose === 'follow' ? { blockingTimeout: blockingGraceMs } : { commandTimeout: commandTimeoutMs }),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy,
  };
  switch (address.kind) {
    case 'one':
      return new Redis(address.url, options);
    case 'sentinel':
      return new Redis({
        ...options,
        ...address.auth,
        sentinels: address.nodes,
        name: address.name,
        db: address.db,
        sentinelRetryStrategy: retryStrategy,
      });
    case 'cluster':
      return new Cluster(address.nodes, {
        enableOfflineQueue: false,
        clusterRetryStrategy: retryStrategy,
        // A command for a server that is gone fails here without asking who has its slots now.
        slotsRefreshInterval: slotsLookEveryMs,
        redisOptions: { ...options, ...address.auth, ...(address.tls ? { tls: {} } : {}) },
      });
    default:
      return address satisfies never;
  }
}

/** Ends the connection; never throws. */
export function closeRedis(link: RedisLink): void {
  link.removeAllListeners('error');
  link.on('error', () => {});
  link.disconnect();
}

/** Keys of one installation, and of nobody else who uses the same Redis; those of one PBX are in one slot of a cluster. */
export interface RedisKeys {
  /** Who owns the PBX. */
  owner(pbx: string): string;
  /** The newest fencing number of its owners. */
  fence(pbx: string): string;
  facts(pbx: string): string;
  /** How far the PBX's own journal is read. */
  journal(pbx: string): string;
  /** The channel on which servers speak to one another. */
  notes: string;
}

export function redisKeys(installation: string): RedisKeys {
  const of = (pbx: string, what: string) => `vigie:{${installation}:${pbx}}:${what}`;
  return {
    owner: (pbx) => of(pbx, 'owner'),
    fence: (pbx) => of(pbx, 'fence'),
    facts: (pbx) => of(pbx, 'facts'),
    journal: (pbx) => of(pbx, 'journal'),
    notes: `vigie:${installation}:notes`,
  };
}
