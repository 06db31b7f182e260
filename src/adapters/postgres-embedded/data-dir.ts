import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../contract/errors.ts';

const run = promisify(execFile);

/** Whom the database runs as; null: as ourselves. */
export type DatabaseUser = { uid: number; gid: number; name: string } | null;

/** Where things are in DATA_DIR. */
export interface DataDir {
  root: string;
  /** PostgreSQL's own folder. */
  postgres: string;
  /** Its name until it is complete. */
  postgresNew: string;
  log: string;
  locks: { server: string; start: string; users: string };
}

/** Makes DATA_DIR and the folder of its locks. Throws `bad-setting` when it cannot be written. */
export async function openDataDir(path: string): Promise<DataDir> {
  try {
    const made = await makeFolders(path);
    // The database's user passes through DATA_DIR; he reads nothing else in it.
    if (made) await chmod(path, process.getuid?.() === 0 ? 0o711 : 0o700);
    const root = await realpath(path);
    const locks = join(root, 'locks');
    await mkdir(locks, { recursive: true, mode: 0o700 });
    return {
      root,
      postgres: join(root, 'postgres'),
      postgresNew: join(root, 'postgres.new'),
      log: join(root, 'postgres.log'),
      locks: { server: join(locks, 'server'), start: join(locks, 'start'), users: join(locks, 'users') },
    };
  } catch (error) {
    throw new AppError('bad-setting', `DATA_DIR ${path} cannot be used: ${(error as Error).message}`);
  }
}

/** Not Node's `recursive`, which turns in circles for ever where nothing can be made (`/proc/…`). */
async function makeFolders(path: string): Promise<boolean> {
  if (await stat(path).catch(() => null)) return false;
  if (dirname(path) !== path) await makeFolders(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return true;
}

/** PostgreSQL refuses to run as root: then it is the owner of its folder, else `postgres`, else `nobody`. */
export async function databaseUser(dataDir: DataDir): Promise<DatabaseUser> {
  if (process.getuid?.() !== 0) return null;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const find = (match: (account: string[]) => boolean): DatabaseUser => {
    const found = accounts.find(match);
    return found ? { name: found[0]!, uid: Number(found[2]), gid: Number(found[3]) } : null;
  };
  const owner = await stat(dataDir.postgres).then(
    (folder) => folder.uid,
    () => 0,
  );
  const user =
    (owner !== 0 ? find((a) => Number(a[2]) === owner) : null) ??
    find((a) => a[0] === 'postgres') ??
    find((a) => a[0] === 'nobody');
  if (!user)
    throw new AppError('no-postgres', 'PostgreSQL needs a user other than root: add one named postgres');
  return user;
}

/** Throws `data-dir-not-traversable`, naming the folder that stops the database's user. */
export async function assertTraversable(paths: string[], user: DatabaseUser): Promise<void> {
  if (!user) return;
  for (const path of paths) {
    const entered = await run('/bin/sh', ['-c', 'cd "$0"', path], {
      uid: user.uid,
      gid: user.gid,
      cwd: '/',
    }).then(
      () => true,
      () => false,
    );
    if (entered) continue;
    const closed = await firstClosed(path, user);
    throw new AppError(
      'data-dir-not-traversable',
      `The database runs as ${user.name}, who cannot enter ${closed} (on the way to ${path}); ` +
        `choose another DATA_DIR, or chmod o+x ${closed}`,
    );
  }
}

async function firstClosed(path: string, user: NonNullable<DatabaseUser>): Promise<string> {
  const ancestors: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    ancestors.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of ancestors) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return path;
}

/** A Unix socket's path may have 107 bytes; PostgreSQL adds `/.s.PGSQL.5432` and, for its lock, `.lock`. */
const socketFolderBytesMax = 107 - '/.s.PGSQL.5432.lock'.length;

/** A folder only the database's user (and root) can enter, for its socket: in DATA_DIR when its path is short enough. */
export async function makeSocketFolder(dataDir: DataDir, user: DatabaseUser): Promise<string> {
  const usual = join(dataDir.root, 'run');
  if (Buffer.byteLength(usual) > socketFolderBytesMax) {
    return giveTo(await mkdtemp(join(shortTemp(), 'vigie-')), user);
  }
  await mkdir(usual, { recursive: true, mode: 0o700 });
  return giveTo(usual, user);
}

const shortTemp = (): string =>
  Buffer.byteLength(tmpdir()) <= socketFolderBytesMax - '/vigie-123456'.length ? tmpdir() : '/tmp';

/** Removes a socket folder that was made outside DATA_DIR. */
export async function removeSocketFolder(dataDir: DataDir, folder: string): Promise<void> {
  if (!folder.startsWith(dataDir.root)) await rm(folder, { recursive: true, force: true });
}

/** Owner and mode as PostgreSQL asks for. */
export async function giveTo(folder: string, user: DatabaseUser): Promise<string> {
  if ((await lstat(folder)).isSymbolicLink())
    throw new AppError('bad-setting', `${folder} is a symbolic link; it must be a folder`);
  await chmod(folder, 0o700);
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}
