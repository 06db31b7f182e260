import type { Kept, KeptPosition } from './adapters/cel/kept-position.ts';
import type { Circle } from './adapters/redis/circle.ts';
import { createCircle } from './adapters/redis/circle.ts';
import { createFactFollow } from './adapters/redis/fact-follow.ts';
import { createFactPublisher } from './adapters/redis/fact-publisher.ts';
import { createLease } from './adapters/redis/lease.ts';
import { closeRedis, connectRedis, type RedisLink, redisKeys } from './adapters/redis/redis-link.ts';
import type { Database } from './database/database.ts';
import type { PbxConfig } from './pbx-config.ts';
import type { PbxSourceDeps } from './pbx-source.ts';
import {
  everyPbxHere,
  nobodyElse,
  type PbxHomes,
  type ServerNotes,
  type SharedEntries,
  unshared,
} from './ports/cluster.ts';
import type { Log } from './ports/log.ts';
import type { TelephonyFact } from './ports/telephony-facts.ts';
import { serverMark } from './server-mark.ts';
import { createSharedPbxSource, type SharedPbxSource } from './shared-pbx-source.ts';

/** What the calls feature gives and takes, where servers share PBXs. */
export interface SharedCalls {
  facts(pbx: string): readonly TelephonyFact[];
  writtenElsewhere(callIds: readonly string[]): void;
  homeChanged(): void;
}

/** This server and the others of the installation. */
export interface Cluster {
  /** False where this server is the only one there can be. */
  readonly isShared: boolean;
  homes: PbxHomes;
  notes: ServerNotes;
  share<Value>(name: string): SharedEntries<Value>;
  /** Of a PBX that servers share. */
  createSource(config: PbxConfig, deps: PbxSourceDeps, calls: () => SharedCalls): SharedPbxSource;
  /** Records of a PBX of ours are written. */
  onWritten(callIds: readonly string[], pbx: string): void;
  /** Where requests about that PBX are answered: `here` (once it `isReady`, or does not get so), `nobody` or an address. */
  homeOf(pbx: string, isReady: () => boolean): string;
  /** The address of a server that is there. */
  addressOf(serverId: string): string | undefined;
  hasOthers(): boolean;
  /** Names of those that this server has; null where it has all. */
  pbxsHere(): string[] | null;
  /** `address`: where the others reach this one. */
  start(address: string): void;
  /** Leaves every PBX to the others. */
  handOver(): Promise<void>;
  stop(): Promise<void>;
}

/** Of a server that is alone. */
export const noCluster: Omit<Cluster, 'createSource'> = {
  isShared: false,
  homes: everyPbxHere,
  notes: nobodyElse,
  share: unshared,
  onWritten() {},
  homeOf: () => 'here',
  addressOf: () => undefined,
  hasOthers: () => false,
  pbxsHere: () => null,
  start() {},
  async handOver() {},
  async stop() {},
};

/** A PBX that came here is read by then, or does not answer. */
const readyWithinMs = 5_000;

/** How much longer a server waits for a free PBX for each that it has: the one with the fewest comes first. */
const reserveEachMs = 60;

/** Reads the installation's id from the database. */
export async function createCluster(deps: { url: string; db: Database; log: Log }): Promise<Cluster> {
  const { url, log } = deps;
  const { id } = await deps.db.selectFrom('installation').select('id').executeTakeFirstOrThrow();
  const keys = redisKeys(id.slice(0, 13));
  const redis = connectRedis(url, log, 'commands');
  const circle: Circle = createCircle({ redis, url, keys, serverId: serverMark, log });
  const sources = new Map<string, SharedPbxSource>();
  /** Since when. */
  const here = new Map<string, number>();
  const listeners = new Set<(pbx: string, isHere: boolean) => void>();
  const followLinks = new Set<RedisLink>();

  const homes: PbxHomes = {
    isHere: (pbx) => here.has(pbx),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function onHome(pbx: string, isHere: boolean, calls: SharedCalls): void {
    if (here.has(pbx) === isHere) return;
    if (isHere) here.set(pbx, performance.now());
    else here.delete(pbx);
    for (const listener of listeners) {
      try {
        listener(pbx, isHere);
      } catch (error) {
        log.error({ err: error, pbx, isHere }, 'The new home of a PBX could not be taken in');
      }
    }
    calls.homeChanged();
  }

  function follow(...[pbx, follower]: Parameters<SharedDeps['follow']>) {
    // A read that waits keeps its connection.
    const link = connectRedis(url, log, 'follow');
    followLinks.add(link);
    const following = createFactFollow({ redis: link, keys, pbx, follower, log });
    const over = <T>(end: () => Promise<T>) =>
      end().finally(() => {
        followLinks.delete(link);
        closeRedis(link);
      });
    return {
      start: following.start,
      finish: () => over(following.finish),
      stop: () => over(following.stop),
    };
  }

  /** The next server reads a PBX's journal on from where its last one was. */
  function shareKept(pbx: string, local: KeptPosition): KeptPosition {
    const key = keys.journal(pbx);
    return {
      async load(of) {
        const text = await redis.get(key).catch(() => null);
        const shared = text === null ? null : (JSON.parse(text) as Kept);
        return shared?.of === of ? shared : local.load(of);
      },
      async save(kept) {
        await local.save(kept);
        await redis
          .set(key, JSON.stringify(kept))
          .catch((error: unknown) =>
            log.warn({ err: error, pbx }, 'The place in the journal is known here only'),
          );
      },
    };
  }

  return {
    isShared: true,
    homes,
    notes: circle.notes,
    share: circle.share,
    createSource(config, sourceDeps, calls) {
      const source = createSharedPbxSource(config, {
        ...sourceDeps,
        shareKept,
        createLease: (pbx, on) =>
          createLease({
            redis,
            keys,
            pbx,
            serverId: serverMark,
            log,
            reserveMs: () => here.size * reserveEachMs,
            ...on,
          }),
        follow,
        publish: (pbx, fence, on) => createFactPublisher({ redis, keys, pbx, fence, log, ...on }),
        callFacts: (pbx) => calls().facts(pbx),
        onWritten: (callIds) => calls().writtenElsewhere(callIds),
        onHome: (pbx, isHere) => onHome(pbx, isHere, calls()),
      });
      sources.set(config.name, source);
      return source;
    },
    onWritten: (callIds, pbx) => sources.get(pbx)?.written(callIds),
    homeOf(pbx, isReady) {
      const sinceMs = here.get(pbx);
      if (sinceMs !== undefined)
        return isReady() || performance.now() - sinceMs > readyWithinMs ? 'here' : 'nobody';
      const owner = sources.get(pbx)?.ownerId() ?? null;
      return (owner !== null && circle.addressOf(owner)) || 'nobody';
    },
    addressOf: circle.addressOf,
    pbxsHere: () => [...here.keys()],
    hasOthers: () => circle.others().length > 0,
    start: circle.start,
    async handOver() {
      await Promise.all([...sources.values()].map((source) => source.handOver()));
    },
    async stop() {
      await circle.stop();
      for (const link of followLinks) closeRedis(link);
      closeRedis(redis);
    },
  };
}
type SharedDeps = Parameters<typeof createSharedPbxSource>[1];
