import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '../../contract/errors.ts';

const derive = promisify(argon2);

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. Kept in each hash, so it can grow later. */
const now = { memory: 19_456, passes: 2, parallelism: 1 };
const tagBytes = 32;
const saltBytes = 16;

/** Hashing takes a thread for 40 ms each: two at a time, and a bound for those who wait. */
const runningMax = 2;
const waitingMax = 100;
let running = 0;
const waiting: (() => void)[] = [];

/** PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Throws `overloaded`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await inTurn(() => argon2id(password, salt, tagBytes, now));
  const { memory, passes, parallelism } = now;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(hash)}`;
}

/** Whether it is the password of that hash; with no hash (nobody has that login) the same work says false. Throws `overloaded`. */
export async function verifyPassword(password: string, phc: string | null): Promise<boolean> {
  const known = parse(phc ?? nobody);
  const hash = await inTurn(() => argon2id(password, known.salt, known.hash.length, known.cost));
  return timingSafeEqual(hash, known.hash) && phc !== null;
}

const nobody = `$argon2id$v=19$m=${now.memory},t=${now.passes},p=${now.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

type Cost = typeof now;

/** The same password typed on two keyboards may come as other code points: NFKC makes them one. */
function argon2id(password: string, nonce: Buffer, tagLength: number, cost: Cost): Promise<Buffer> {
  return derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost });
}

function parse(phc: string): { cost: Cost; salt: Buffer; hash: Buffer } {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(phc);
  if (!match) throw new Error('A password hash is not of a kind this version reads');
  const [, memory, passes, parallelism, salt, hash] = match;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt!, 'base64'),
    hash: Buffer.from(hash!, 'base64'),
  };
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (running >= runningMax) {
    if (waiting.length >= waitingMax)
      throw new AppError('overloaded', 'Too many sign-ins at once; try again');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running++;
  }
  try {
    return await act();
  } finally {
    // The place is handed on, so that nobody slips in between.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
