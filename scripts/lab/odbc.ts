import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installDebianPackages } from '../setup/debian.ts';
import type { AsteriskInstall } from './install.ts';
import { type Progress, run } from './tools.ts';

const driverPackage = 'odbc-mariadb';
const installDeadlineMs = 300_000;

/** MariaDB's ODBC driver, where Asterisk finds it: installed when it is missing. Its path as Asterisk sees it. */
export async function ensureOdbcDriver({ root }: AsteriskInstall, progress: Progress): Promise<string> {
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const driver = `/usr/lib/${triple}/odbc/libmaodbc.so`;
  if (existsSync(join(root, driver))) return driver;
  if (root === '') await installDebianPackages([driverPackage], progress);
  else await installInto(root, progress);
  return driver;
}

/** The machine's own name service and apt settings, lent to the folder for the while; its own are for Asterisk. */
async function installInto(root: string, progress: Progress): Promise<void> {
  progress(`installing ${driverPackage} into ${root}`);
  const script = `set -e
for file in resolv.conf nsswitch.conf hosts apt/apt.conf.d; do
  [ -e "$0/etc/$file" ] || touch "$0/etc/$file"
  mount --bind "/etc/$file" "$0/etc/$file"
done
chroot "$0" apt-get update -qq
chroot "$0" apt-get install -y -qq --no-install-recommends ${driverPackage}`;
  await run('unshare', ['--mount', 'sh', '-c', script, root], { timeoutMs: installDeadlineMs });
}
