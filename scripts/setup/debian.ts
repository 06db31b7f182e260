import { findTool, type Progress, run } from '../lab/tools.ts';

/** A command that must exist, and the Debian package that brings it. */
export interface Needed {
  command: string;
  package: string;
}

const updateDeadlineMs = 300_000;
const installDeadlineMs = 900_000;

/** Installs the packages whose commands are missing. */
export async function ensureDebianPackages(needed: readonly Needed[], progress: Progress): Promise<void> {
  const missing = needed.filter((one) => !findTool(one.command)).map((one) => one.package);
  await installDebianPackages(missing, progress);
}

/** Throws with the packages' names when it cannot: not root, or apt failed. */
export async function installDebianPackages(packages: readonly string[], progress: Progress): Promise<void> {
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(`Not root: install these first, then try again: ${packages.join(' ')}`);
  }
  progress(`Installing from Debian: ${packages.join(', ')}…`);
  const patient = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  await run('apt-get', ['update', ...patient], { timeoutMs: updateDeadlineMs });
  const install = ['install', '-y', '--no-install-recommends', ...patient, ...packages];
  await run('apt-get', install, { timeoutMs: installDeadlineMs });
}
