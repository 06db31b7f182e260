/** `npm run build`: the server to dist/src (plain JavaScript), the panel to dist/web. Takes the project’s own folder only. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../src/paths.ts';

const project = projectFolder();
rmSync(join(project, 'dist'), { recursive: true, force: true });
for (const command of [
  ['tsc', '-p', 'tsconfig.build.json'],
  ['vite', 'build'],
]) {
  const result = spawnSync(join(project, 'node_modules', '.bin', command[0]!), command.slice(1), {
    cwd: project,
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
