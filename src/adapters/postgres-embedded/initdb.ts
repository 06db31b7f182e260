import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { Binaries } from './binaries.ts';
import { type DatabaseUser, type DataDir, giveTo } from './data-dir.ts';
import { runAs } from './postmaster.ts';

/** The major version that made the data folder; null when there is none yet. */
export async function dataMajor(dataDir: DataDir): Promise<number | null> {
  if (!existsSync(dataDir.postgres)) return null;
  const text = await readFile(join(dataDir.postgres, 'PG_VERSION'), 'utf8').catch(() => '');
  const major = Number.parseInt(text, 10);
  if (!major) throw new AppError('bad-setting', `${dataDir.postgres} is not a PostgreSQL data folder`);
  return major;
}

/**
 * Makes the data folder with one empty database, `vigie`. It gets its name only when it is complete, so that a crash in
 * the middle leaves nothing to repair. Only the local socket is let in; its folder is the lock on the door.
 */
export async function initDataFolder(
  dataDir: DataDir,
  binaries: Binaries,
  user: DatabaseUser,
): Promise<void> {
  const folder = dataDir.postgresNew;
  const asUser = async (locale: string) => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    await giveTo(folder, user);
    await runAs(user, join(binaries.folder, 'initdb'), [
      ...['-D', folder, '-U', 'vigie', '--auth=trust', '--encoding=UTF8', `--locale=${locale}`],
      '--data-checksums',
    ]);
  };
  // C.UTF-8 knows capitals and accents of every language; a system without it gets plain C.
  await asUser('C.UTF-8').catch(() => asUser('C'));
  await writeFile(join(folder, 'pg_hba.conf'), 'local all all trust\n');
  await runAs(
    user,
    join(binaries.folder, 'postgres'),
    ['--single', '-D', folder, 'postgres'],
    'create database vigie\n',
  );
  await rename(folder, dataDir.postgres);
}
