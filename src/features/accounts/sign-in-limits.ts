/**
 * How many wrong passwords are allowed, and how long to wait after them. An address from which that login signed in
 * within 30 days is known: strangers trying the login, or a colleague's mistakes at the same office, do not lock it out.
 */
export const signInLimits = {
  windowMs: 15 * 60_000,
  /** Wrong passwords for one login from one address. */
  pairMax: 5,
  /** The same at an address known for that login. */
  knownPairMax: 10,
  /** For one login from everywhere; not applied at an address known for it. */
  loginMax: 20,
  /** From one address for every login together; not applied to a login known there. */
  addressMax: 50,
  knownForDays: 30,
} as const;

/** Times (ms) of the failures within the window, newest first; at most as many as the limit looks at. */
export interface Failures {
  pair: readonly number[];
  login: readonly number[];
  address: readonly number[];
}

/** Milliseconds to wait before another attempt; 0: go on. */
export function waitBeforeAttemptMs(failures: Failures, known: boolean, now: number): number {
  const { pairMax, knownPairMax, loginMax, addressMax } = signInLimits;
  if (known) return waitFor(failures.pair, knownPairMax, now);
  return Math.max(
    waitFor(failures.pair, pairMax, now),
    waitFor(failures.login, loginMax, now),
    waitFor(failures.address, addressMax, now),
  );
}

/** Until the oldest of the last `max` failures leaves the window. */
function waitFor(times: readonly number[], max: number, now: number): number {
  const oldest = times[max - 1];
  return oldest === undefined ? 0 : Math.max(0, oldest + signInLimits.windowMs - now);
}

/** What counts as one address: an IPv6 customer has a whole /64. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  // Whatever a proxy may send for one is cut short.
  if (!address.includes(':')) return address.slice(0, 64);
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return `${[...left, ...zeros, ...right]
    .slice(0, 4)
    .map((part) => Number.parseInt(part || '0', 16).toString(16))
    .join(':')}::/64`;
}
