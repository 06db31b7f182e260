import { findTool, type Progress, run } from '../lab/tools.ts';
import { ensureDebianPackages } from './debian.ts';

/** Debian's rsyslog, installed when it is missing; its service does not stay on then. */
export async function ensureRsyslogInstalled(progress: Progress): Promise<void> {
  if (findTool('rsyslogd')) return;
  await ensureDebianPackages([{ command: 'rsyslogd', package: 'rsyslog' }], progress);
  if (findTool('systemctl')) await run('systemctl', ['disable', '--now', 'rsyslog']).catch(() => {});
}
