import { takenWhile } from './adapters/cel/collected.ts';
import type { FactFollow } from './adapters/redis/fact-follow.ts';
import type { FactPublisher, Unsent } from './adapters/redis/fact-publisher.ts';
import type { Lease, Owner } from './adapters/redis/lease.ts';
import type { PbxConfig } from './pbx-config.ts';
import { createPbxSource, type PbxSource, type PbxSourceDeps } from './pbx-source.ts';
import type { FactFollower } from './ports/cluster.ts';
import { createFactStamp } from './ports/fact-stamp.ts';
import type { CommandOutcome, TelephonyCommands } from './ports/telephony.ts';
import type { TelephonyFact } from './ports/telephony-facts.ts';
import { StandingFacts } from './standing-facts.ts';

/** What carries a PBX from server to server. */
export interface SharedPbxDeps extends PbxSourceDeps {
  createLease(pbx: string, on: Pick<LeaseEvents, 'onGained' | 'onLost' | 'onOwner'>): Lease;
  follow(pbx: string, follower: FactFollower): FactFollow;
  publish(pbx: string, fence: number, on: PublisherEvents): FactPublisher;
  /** The facts of the calls in progress. */
  callFacts(pbx: string): readonly TelephonyFact[];
  /** Records of these calls are in the database. */
  onWritten(callIds: readonly string[]): void;
  /** The PBX has come here, before the first fact of it; or has gone, before the last. */
  onHome(pbx: string, isHere: boolean): void;
  /** How long Redis may be away before the PBX itself is asked who reads it. */
  aloneAfterMs?: number;
}
interface LeaseEvents {
  onGained(fence: number): void;
  onLost(): void;
  onOwner(owner: Owner): void;
}
interface PublisherEvents {
  unsent: Unsent | undefined;
  snapshot(): readonly TelephonyFact[];
  onFenced(): void;
}

export interface SharedPbxSource extends PbxSource {
  isHere(): boolean;
  /** The server that owns it; null when nobody does, or nobody knows. */
  ownerId(): string | null;
  /** Tells the others of records that are written. */
  written(callIds: readonly string[]): void;
  /** Leaves the PBX to another server, when one is there: to be called before `stop`. */
  handOver(): Promise<void>;
}

const aloneDefaultMs = 4_000;
const publishDeadlineMs = 1_000;

/**
 * One PBX among several servers. Its owner reads it and tells the others what it reads; the others know all that it knows,
 * and the first of them to notice that it has gone goes on in its place. While Redis is away the owner goes on; a PBX
 * that nobody reads any more goes to the server that finds its application's name free.
 */
export function createSharedPbxSource(pbx: PbxConfig, deps: SharedPbxDeps): SharedPbxSource {
  const { log, clock, aloneAfterMs = aloneDefaultMs } = deps;
  const { name } = pbx;
  const standing = new StandingFacts();
  const stamp = createFactStamp(name, 'ari', clock);
  const watched = new Set<string>();
  /** Reads the PBX; made anew for each time that it is ours. */
  let source = createPbxSource(pbx, deps);
  let mode: 'none' | 'following' | 'owning' | 'alone' = 'none';
  let follow: FactFollow | null = null;
  let publisher: FactPublisher | null = null;
  let onFact: (fact: TelephonyFact) => void = () => {};
  let turn: Promise<void> = Promise.resolve();
  let alone: NodeJS.Timeout | undefined;
  let isStopped = false;
  let wasFollowed = false;
  let isToldLost = false;
  /** Of `alone`: the PBX has let us in. */
  let isLetIn = false;

  const lease = deps.createLease(name, {
    onGained: (fence) => inTurn(() => own(fence)),
    onLost: () => inTurn(() => leave('another server has the PBX')),
    onOwner: (owner) => onOwner(owner),
  });

  /** Each change of role after the one before. */
  function inTurn(step: () => Promise<void>): void {
    turn = turn.then(step).catch((error: unknown) => {
      log.error({ err: error, pbx: name }, 'A PBX could not change its server');
    });
  }

  function give(fact: TelephonyFact): void {
    standing.note(fact);
    onFact(fact);
  }

  function startFollowing(): void {
    if (isStopped || mode === 'following') return;
    mode = 'following';
    follow = deps.follow(name, {
      facts(facts) {
        wasFollowed = true;
        for (const fact of facts) give(fact);
      },
      written: deps.onWritten,
    });
    follow.start();
  }

  async function stopFollowing(): Promise<void> {
    const last = follow;
    follow = null;
    // What its last owner told is known before anything new is read.
    await last?.finish().catch((error: unknown) => {
      log.warn({ err: error, pbx: name }, 'The last of what another server told could not be read');
    });
  }

  async function own(fence: number): Promise<void> {
    clearTimeout(alone);
    if (isStopped) return;
    const isRead = isOurs();
    if (!isRead) tellLost('another server had it; this one is taking over');
    if (mode === 'alone' && !isRead) await putAway();
    await stopFollowing();
    const unsent = publisher?.unsent();
    await publisher?.stop(0);
    publisher = deps.publish(name, fence, {
      unsent,
      snapshot: () => [...standing.all(), ...deps.callFacts(name)],
      onFenced: () => void lease.look(),
    });
    mode = 'owning';
    log.info({ pbx: name, fence }, 'This server has the PBX');
    if (isRead) return;
    deps.onHome(name, true);
    await begin(true);
  }

  /** Redis is away: the PBX is asked who reads it, and read by us when nobody does. */
  async function goAlone(): Promise<void> {
    if (isStopped || mode !== 'following' || lease.owner !== 'unknown') return;
    await stopFollowing();
    mode = 'alone';
    log.warn({ pbx: name }, 'Redis is away: the PBX is read by who finds it free');
    await begin(false);
  }

  async function begin(mayReplace: boolean): Promise<void> {
    const own = source;
    own.watchQueues([...watched]);
    await own.start(
      (fact) => {
        if (own !== source || isStopped) return;
        isToldLost = false;
        if (fact.kind === 'pbx-connected' && mode === 'alone') letIn(true);
        give(fact);
        publisher?.add(fact);
        if (fact.kind !== 'pbx-lost' || fact.why !== 'replaced') return;
        if (mode === 'owning') inTurn(() => leave('another server took the PBX'));
        else letIn(false);
      },
      { mayReplace },
    );
  }

  function letIn(isIn: boolean): void {
    if (mode !== 'alone' || isLetIn === isIn) return;
    isLetIn = isIn;
    lease.claim(isIn);
    deps.onHome(name, isIn);
  }

  /** It is read elsewhere from now on: nothing here may touch it. */
  async function leave(why: string): Promise<void> {
    if (mode !== 'owning' && mode !== 'alone') return;
    log.warn({ pbx: name, why }, 'This server has the PBX no more');
    if (isOurs()) deps.onHome(name, false);
    await putAway();
    await publisher?.stop(0);
    publisher = null;
    startFollowing();
  }

  /** The source that reads, or tries to; another is there for the next time. */
  async function putAway(): Promise<void> {
    const left = source;
    source = createPbxSource(pbx, deps);
    mode = 'none';
    isLetIn = false;
    lease.claim(false);
    await left.stop();
  }

  function onOwner(owner: Owner): void {
    clearTimeout(alone);
    if (owner === 'unknown') {
      alone = setTimeout(() => inTurn(goAlone), aloneAfterMs).unref();
      tellLost('Redis is away; what happens on the PBX is not told to this server');
    } else if (owner === null) {
      tellLost('its server has gone; another one is taking over');
    } else {
      if (isToldLost) tellFound();
      if (mode === 'alone') inTurn(() => leave('another server has the PBX'));
    }
  }

  function tellLost(detail: string): void {
    if (mode !== 'following' || !wasFollowed || isToldLost) return;
    isToldLost = true;
    stamp.nextGeneration();
    onFact(stamp.fact({ kind: 'pbx-lost', why: 'disconnected', detail }, clock.now()));
  }
  function tellFound(): void {
    isToldLost = false;
    const link = standing.link();
    if (link && mode === 'following') onFact(link);
  }

  function isOurs(): boolean {
    return mode === 'owning' || (mode === 'alone' && isLetIn);
  }
  const commands = guarded(() => source.commands, isOurs);

  return {
    name,
    amiConfigured: source.amiConfigured,
    commands,
    get queues() {
      return isOurs() ? source.queues : null;
    },
    get phoneAccounts() {
      return source.phoneAccounts;
    },
    sipSocket: source.sipSocket,
    phoneContext: source.phoneContext,
    get doorGuest() {
      return source.doorGuest;
    },
    get collected() {
      return source.collected && takenWhile(source.collected, isOurs);
    },
    wasTried: () => source.wasTried() || wasFollowed || lease.owner !== 'unknown',
    isHere: isOurs,
    ownerId: () => (typeof lease.owner === 'object' ? (lease.owner?.server ?? null) : null),
    written: (callIds) => publisher?.written(callIds),
    watchQueues(names) {
      for (const queue of names) watched.add(queue);
      source.watchQueues(names);
    },
    async start(listener) {
      onFact = listener;
      startFollowing();
      lease.start();
    },
    async handOver() {
      isStopped = true;
      clearTimeout(alone);
      await turn;
      if (!isOurs()) return;
      deps.onHome(name, false);
      // Nothing is read that is not told: what the next owner finds is all there was.
      await source.stop();
      await publisher?.stop(publishDeadlineMs);
      await lease.release();
      mode = 'none';
    },
    async stop() {
      isStopped = true;
      clearTimeout(alone);
      lease.stop();
      await turn;
      await Promise.all([follow?.stop(), publisher?.stop(publishDeadlineMs), source.stop()]);
      await lease.release();
    },
  };
}

/** Refuses every command while the PBX is another server's: what is late must not touch it. */
function guarded(commands: () => TelephonyCommands, isOurs: () => boolean): TelephonyCommands {
  const refused: CommandOutcome = {
    ok: false,
    why: 'unreachable',
    detail: 'another server has the PBX',
  };
  return new Proxy({} as TelephonyCommands, {
    get(_target, name: keyof TelephonyCommands) {
      if (name === 'areAnswered') return () => isOurs() && commands().areAnswered?.() !== false;
      return (...args: unknown[]) => {
        if (!isOurs()) {
          if (name === 'listOwn') return Promise.reject(new Error(refused.detail));
          return Promise.resolve(name === 'canTake' ? null : refused);
        }
        return (commands()[name] as (...all: unknown[]) => unknown)(...args);
      };
    },
  });
}
