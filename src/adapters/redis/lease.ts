import type { Log } from '../../ports/log.ts';
import type { RedisKeys, RedisLink } from './redis-link.ts';

/** An owner that does not renew for so long has lost the PBX. */
export const leaseMs = 1_600;
const renewEveryMs = 400;
const lookEveryMs = 200;
/** After Redis was away its last owner comes first: the others leave it this long. */
const firstOwnerMs = 2_000;

/** What is known of who owns the PBX. `unknown`: Redis does not answer. */
export type Owner = { server: string; fence: number } | null | 'unknown';

export interface LeaseDeps {
  redis: RedisLink;
  keys: RedisKeys;
  pbx: string;
  serverId: string;
  log: Log;
  /** The PBX is this server's. `fence` is larger than that of any owner before. */
  onGained(fence: number): void;
  /** It is another's, or may be. */
  onLost(): void;
  /** Another server owns it, none does, or Redis does not answer. */
  onOwner(owner: Owner): void;
  /** How long to leave it to others first, who have less to do. */
  reserveMs(): number;
  now?: () => number;
}

export interface Lease {
  readonly owner: Owner;
  start(): void;
  /** Reads who owns it now, and takes it when nobody does; for what should not wait for the next look. */
  look(): Promise<void>;
  /** Whether this server has it on the PBX itself, Redis being away: it then takes it without leaving it to others. */
  claim(hasIt: boolean): void;
  /** Leaves it to others at once, and does not take it again. */
  release(): Promise<void>;
  stop(): void;
}

/**
 * Takes the lease when nobody has it. The fencing number is larger than any before, and never goes back when Redis has
 * forgotten everything: it is at least Redis's clock.
 */
const acquireScript = `
local owner = redis.call('GET', KEYS[1])
if owner then return owner end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[2]) or '0') or 0
local fence = string.format('%.0f', math.max(last + 1, now, tonumber(ARGV[3]) + 1))
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. fence, 'PX', ARGV[2])
return ARGV[1] .. ' ' .. fence`;
const renewScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;
const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** Who owns one PBX: this server, another, or nobody for the moment. */
export function createLease(deps: LeaseDeps): Lease {
  const { redis, pbx, serverId, log, now = () => performance.now() } = deps;
  const keys = [deps.keys.owner(pbx), deps.keys.fence(pbx)] as const;
  let owner: Owner = 'unknown';
  let lastFence = 0;
  let freeSinceMs: number | null = null;
  let backSinceMs: number | null = null;
  let claims = false;
  let isReleased = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | null = null;

  const isOurs = (one: Owner): one is { server: string; fence: number } =>
    typeof one === 'object' && one?.server === serverId;

  function take(next: Owner): void {
    const before = owner;
    if (JSON.stringify(before) === JSON.stringify(next)) return;
    owner = next;
    if (typeof next === 'object' && next) lastFence = Math.max(lastFence, next.fence);
    if (!isOurs(next)) deps.onOwner(next);
    if (isOurs(before) && !isOurs(next) && next !== 'unknown') deps.onLost();
    if (isOurs(next) && !(isOurs(before) && before.fence === next.fence)) deps.onGained(next.fence);
  }

  async function renew(own: { server: string; fence: number }): Promise<void> {
    const held = await redis.eval(renewScript, 1, keys[0], textOf(own), leaseMs);
    if (held === 1) return;
    // Redis has forgotten it, or another has it: whoever comes first.
    await acquire();
  }

  async function acquire(): Promise<void> {
    const text = (await redis.eval(acquireScript, 2, ...keys, serverId, leaseMs, lastFence)) as string;
    take(ownerOf(text));
  }

  async function lookNow(): Promise<void> {
    try {
      if (isReleased) return take(ownerOf(await redis.get(keys[0])));
      if (isOurs(owner)) return await renew(owner);
      const [text = null, fence] = await redis.mget(...keys);
      const found = ownerOf(text);
      // Redis was away, or has forgotten everything.
      if (owner === 'unknown' || Number(fence ?? 0) < lastFence) backSinceMs ??= now();
      if (found && !isOurs(found)) {
        freeSinceMs = null;
        backSinceMs = null;
        return take(found);
      }
      freeSinceMs ??= now();
      if (isOurs(found) || claims || mayTake()) await acquire();
      else take(null);
    } catch (error) {
      if (owner !== 'unknown') log.warn({ err: error, pbx }, 'Who owns the PBX cannot be asked');
      if (!isOurs(owner)) take('unknown');
    }
  }

  /** One that was there before it was forgotten comes first; then the server with the least to do. */
  function mayTake(): boolean {
    const waitedMs = now() - (freeSinceMs ?? now());
    const backMs = backSinceMs === null || lastFence === 0 ? Infinity : now() - backSinceMs;
    return waitedMs >= deps.reserveMs() && backMs >= firstOwnerMs;
  }

  const look = (): Promise<void> => {
    looking ??= lookNow().finally(() => {
      looking = null;
    });
    return looking;
  };
  function turn(): void {
    void look().then(() => {
      timer = setTimeout(turn, isOurs(owner) ? renewEveryMs : lookEveryMs).unref();
    });
  }

  return {
    get owner() {
      return owner;
    },
    start: turn,
    look,
    claim(hasIt) {
      claims = hasIt;
    },
    async release() {
      isReleased = true;
      const own = owner;
      if (!isOurs(own)) return;
      await redis
        .eval(releaseScript, 1, keys[0], textOf(own))
        .catch((error: unknown) => log.warn({ err: error, pbx }, 'The PBX is left when its lease runs out'));
      owner = null;
    },
    stop: () => clearTimeout(timer),
  };
}

const textOf = ({ server, fence }: { server: string; fence: number }): string => `${server} ${fence}`;
function ownerOf(text: string | null): { server: string; fence: number } | null {
  const [server, fence] = text?.split(' ') ?? [];
  return server && fence ? { server, fence: Number(fence) } : null;
}
