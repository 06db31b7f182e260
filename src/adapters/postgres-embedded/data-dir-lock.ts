import { AppError } from '../../contract/errors.ts';
import { openDataDir } from './data-dir.ts';
import { tryLock } from './file-lock.ts';

/** Makes this process the one server of DATA_DIR, until released or ended. Throws `data-dir-in-use`. */
export async function lockDataDir(path: string): Promise<{ release(): void }> {
  const dataDir = await openDataDir(path);
  const lock = tryLock(dataDir.locks.server, 'exclusive');
  if (!lock) throw new AppError('data-dir-in-use', `Another vigie server uses ${dataDir.root}`);
  return lock;
}
