import { findTool, type Progress, run } from '../lab/tools.ts';
import { installDebianPackages } from './debian.ts';

const services = ['nginx', 'caddy'] as const;

/** Debian's nginx and Caddy, installed when missing. Where Debian starts them, they are stopped: the tests start their own. */
export async function ensureReverseProxiesInstalled(progress: Progress): Promise<void> {
  const missing = services.filter((one) => !findTool(one));
  await installDebianPackages(missing, progress);
  if (!findTool('systemctl')) return;
  for (const one of missing) await run('systemctl', ['disable', '--now', one]).catch(() => {});
}
