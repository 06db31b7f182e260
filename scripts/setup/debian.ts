import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Progress = (line: string) => void;

/** What a script of ours needs from Debian: a command that must exist, and the package that brings it. */
export interface Needed {
  command: string;
  package: string;
}

/** True when `command` is on the PATH (or in the sbin folders that root's PATH may lack). */
export function hasCommand(command: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Installs the packages whose commands are missing. Throws with the packages' names when it cannot
 * (not root, or apt failed): the message says what to install by hand.
 */
export async function ensureDebianPackages(needed: readonly Needed[], progress: Progress): Promise<void> {
  const missing = needed.filter((one) => !hasCommand(one.command)).map((one) => one.package);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new Error(`Not root: install these first, then try again: ${missing.join(' ')}`);
  progress(`Installing from Debian: ${missing.join(', ')}…`);
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing]);
}

const aptDeadlineMs = 15 * 60_000;

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: aptDeadlineMs,
  });
  let tail = '';
  const keep = (chunk: Buffer): void => {
    tail = (tail + chunk).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${tail}`);
}
