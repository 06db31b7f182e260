import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../lab/tools.ts';
import { installDebianPackages } from './debian.ts';

const versionMin = 15;
const folder = '/usr/lib/postgresql';

/**
 * Installs Debian's PostgreSQL when no binaries are there: as root the database runs as another user, who cannot
 * enter a checkout below root's home. Debian is told not to start a cluster of its own.
 */
export async function ensurePostgres(progress: Progress): Promise<void> {
  if (hasPostgres()) return;
  const settings = '/etc/postgresql-common';
  if (process.getuid?.() === 0 && !existsSync(join(settings, 'createcluster.conf'))) {
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, 'createcluster.conf'), 'create_main_cluster = false\n');
  }
  await installDebianPackages(['postgresql'], progress);
}

function hasPostgres(): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some(
    (name) => Number(name) >= versionMin && existsSync(join(folder, name, 'bin', 'initdb')),
  );
}
