import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder, webFolder } from '../../src/paths.ts';

/** Builds the panel when it is missing or older than its sources. Returns whether it built. */
export function ensurePanel(progress: (line: string) => void): boolean {
  const built = join(webFolder(), 'index.html');
  const project = projectFolder();
  if (existsSync(built)) {
    const builtAtMs = statSync(built).mtimeMs;
    const sources = globSync(['src/web/**/*', 'src/contract/*', 'vite.config.ts'], { cwd: project });
    if (sources.every((file) => statSync(join(project, file)).mtimeMs < builtAtMs)) return false;
  }
  progress('Building the panel…');
  const vite = spawnSync(join(project, 'node_modules', '.bin', 'vite'), ['build', '--logLevel', 'warn'], {
    cwd: project,
    stdio: 'inherit',
  });
  if (vite.status !== 0) throw new Error('The panel could not be built');
  return true;
}
