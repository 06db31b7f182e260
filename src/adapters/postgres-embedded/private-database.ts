import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/errors.ts';
import type { Log } from '../../ports/log.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import {
  assertTraversable,
  type DatabaseUser,
  type DataDir,
  databaseUser,
  makeSocketFolder,
  openDataDir,
  removeSocketFolder,
} from './data-dir.ts';
import { type FileLock, waitForLock } from './file-lock.ts';
import { dataMajor, initDataFolder } from './initdb.ts';
import {
  answers,
  findPostmaster,
  isPostmasterOf,
  joinPipe,
  type Postmaster,
  spawnPostmaster,
  stopPostmaster,
} from './postmaster.ts';

const startLockWaitMs = 150_000;
const startWaitMs = 120_000;
const attemptsMax = 5;
/** A killed process lets go of its files within this. */
const lookAgainAfterMs = 150;
const silentMaxMs = 10_000;
const watchMs = 250;
const restartPauseMaxMs = 5_000;

export interface PrivateDatabase {
  /** Connection string over the Unix socket; it stays the same when the database is restarted. */
  url: string;
  /** The PostgreSQL process now. */
  readonly pid: number;
  /** Leaves the database; the last one to leave stops it. */
  stop(): Promise<void>;
}

export interface PrivateDatabaseOptions {
  dataDir: string;
  log: Log;
  progress?: (text: string) => void;
}

interface House extends PrivateDatabaseOptions {
  folder: DataDir;
  user: DatabaseUser;
}

/**
 * A private PostgreSQL in DATA_DIR, on a Unix socket only. One that others use already (a command beside a server) is
 * shared; otherwise it is started, and started again if it dies. It ends with the last process that
 * uses it, even when that one is killed.
 * Throws `no-postgres`, `data-dir-not-traversable`, `bad-setting`, `database-unavailable`.
 */
export async function startPrivateDatabase(options: PrivateDatabaseOptions): Promise<PrivateDatabase> {
  const folder = await openDataDir(options.dataDir);
  const user = await databaseUser(folder);
  const house: House = { ...options, folder, user };
  let held = await underStartLock(folder, async () => {
    const users = await waitForLock(folder.locks.users, 'shared', startLockWaitMs);
    if (!users) throw new AppError('database-unavailable', 'The database is being stopped and does not end');
    try {
      return { users, ...(await enterForSure(house, users)) };
    } catch (error) {
      users.release();
      throw error;
    }
  });
  const keeper = new AbortController();
  const keeping = keepRunning(
    house,
    keeper.signal,
    () => held,
    (again) => {
      held = { ...held, ...again };
    },
  );
  return {
    url: held.postmaster.url,
    get pid() {
      return held.postmaster.pid;
    },
    async stop() {
      if (keeper.signal.aborted) return;
      keeper.abort();
      await keeping;
      await underStartLock(folder, () => leave(house, held));
    },
  };
}

type Held = { users: FileLock; postmaster: Postmaster; pipe: { leave(): Promise<void> } | null };

async function underStartLock<T>(folder: DataDir, act: () => Promise<T>): Promise<T> {
  const lock = await waitForLock(folder.locks.start, 'exclusive', startLockWaitMs);
  if (!lock) throw new AppError('database-unavailable', 'Another vigie is still starting the database');
  try {
    return await act();
  } finally {
    lock.release();
  }
}

/**
 * When nobody else uses the database, one that runs is an orphan of a crash, or is just being stopped by its guard: it is
 * not relied upon. Under the start lock.
 */
async function stopOrphan(house: House, users: FileLock): Promise<void> {
  if (!users.tryUpgrade()) return;
  try {
    const orphan = await findPostmaster(house.folder);
    if (!orphan) return;
    house.log.warn({ pid: orphan.pid }, 'stopping a database that was left running');
    await stopPostmaster(orphan.pid, house.folder);
    await removeSocketFolder(house.folder, orphan.socketFolder);
  } finally {
    users.downgrade();
  }
}

/**
 * Joins or starts the database, and looks again after a moment: the only other user may just have been killed, with its
 * lock not yet let go and its database already told to end. Under the start lock.
 */
async function enterForSure(house: House, users: FileLock): Promise<Omit<Held, 'users'>> {
  for (let attempt = 1; ; attempt++) {
    await stopOrphan(house, users);
    const wasThere = (await findPostmaster(house.folder)) !== null;
    const entered = await enter(house);
    if (!wasThere || attempt === attemptsMax) return entered;
    await delay(lookAgainAfterMs);
    const isAlone = users.tryUpgrade();
    if (isAlone) users.downgrade();
    if (!isAlone && (await answers(entered.postmaster.url)) === 'yes') return entered;
    await entered.pipe?.leave().catch(() => {});
  }
}

/** Joins the running database or starts one. Under the start lock. */
async function enter(house: House, socketFolder?: string): Promise<Omit<Held, 'users'>> {
  const running = (await findShared(house)) ?? (await start(house, socketFolder));
  return { postmaster: running, pipe: await joinPipe(running.socketFolder) };
}

async function findShared(house: House): Promise<Postmaster | null> {
  const deadline = Date.now() + startWaitMs;
  for (let silentSince: number | null = null; Date.now() < deadline; await delay(50)) {
    const found = await findPostmaster(house.folder);
    if (!found) return null;
    const answer = found.socketFolder ? await answers(found.url) : 'no';
    if (answer === 'yes') return found;
    silentSince = answer === 'no' ? (silentSince ?? Date.now()) : null;
    // It lives and does not listen: it is of no use to anyone.
    if (silentSince && Date.now() - silentSince > silentMaxMs) {
      house.log.warn({ pid: found.pid }, 'an old database does not answer: stopping it');
      await stopPostmaster(found.pid, house.folder);
    }
  }
  throw new AppError('database-unavailable', 'The database in DATA_DIR neither answers nor ends');
}

async function start(house: House, oldSocketFolder?: string): Promise<Postmaster> {
  const { folder, user } = house;
  const major = await dataMajor(folder);
  const binaries = await findBinaries(major);
  await assertTraversable([folder.root, binaries.folder], user);
  if (major === null) {
    house.progress?.(`Creating the database (PostgreSQL ${binaries.major})`);
    await initDataFolder(folder, binaries, user);
  }
  house.progress?.('Starting the database');
  const socketFolder = oldSocketFolder ?? (await makeSocketFolder(folder, user));
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const started = await startOnce(house, binaries, socketFolder);
    if (started) return started;
    // Children of a killed database may still be leaving its shared memory.
    await delay(attempt * 300);
  }
  throw new AppError(
    'database-unavailable',
    `The database does not start; its own log says why: ${folder.log}`,
  );
}

async function startOnce(house: House, binaries: Binaries, socketFolder: string): Promise<Postmaster | null> {
  const { folder, user } = house;
  const { url, exited } = await spawnPostmaster({ dataDir: folder, binaries, user, socketFolder });
  let over = false;
  void exited.then(() => {
    over = true;
  });
  for (const deadline = Date.now() + startWaitMs; Date.now() < deadline; await delay(25)) {
    if (over) return null;
    if ((await answers(url)) !== 'yes') continue;
    const running = await findPostmaster(folder);
    if (running) {
      house.log.info({ pid: running.pid, postgres: binaries.major }, 'private database started');
      return running;
    }
  }
  throw new AppError(
    'database-unavailable',
    `The database did not answer in time; its own log: ${folder.log}`,
  );
}

/** Starts the database again whenever it has died. Its clients meet refused connections meanwhile. */
async function keepRunning(
  house: House,
  signal: AbortSignal,
  held: () => Held,
  replace: (again: Omit<Held, 'users'>) => void,
): Promise<void> {
  let pauseMs = watchMs;
  for (;;) {
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    const { postmaster, pipe } = held();
    if (await isPostmasterOf(postmaster.pid, house.folder)) {
      pauseMs = watchMs;
      continue;
    }
    house.log.error({ pid: postmaster.pid }, 'private database died: starting it again');
    try {
      await pipe?.leave().catch(() => {});
      replace(await underStartLock(house.folder, () => enter(house, postmaster.socketFolder)));
    } catch (error) {
      pauseMs = Math.min(pauseMs * 2, restartPauseMaxMs);
      house.log.error({ err: error }, 'private database cannot be started; trying again');
    }
  }
}

/** The last user stops it. Under the start lock. */
async function leave(house: House, held: Held): Promise<void> {
  const last = held.users.tryUpgrade();
  await held.pipe?.leave().catch(() => {});
  if (last) {
    await stopPostmaster(held.postmaster.pid, house.folder);
    await removeSocketFolder(house.folder, held.postmaster.socketFolder);
    house.log.info({ pid: held.postmaster.pid }, 'private database stopped');
  }
  held.users.release();
}
