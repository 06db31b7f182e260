import { findTool, type Progress, run } from '../lab/tools.ts';
import { ensureDebianPackages } from './debian.ts';

/** Debian's redis-server, installed when it is missing. Where Debian starts one of its own, that one is stopped. */
export async function ensureRedisInstalled(progress: Progress): Promise<void> {
  if (findTool('redis-server')) return;
  await ensureDebianPackages([{ command: 'redis-server', package: 'redis-server' }], progress);
  if (findTool('systemctl')) await run('systemctl', ['disable', '--now', 'redis-server']).catch(() => {});
}
