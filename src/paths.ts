import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, whether the sources run (`src/`) or the build (`dist/src/`). */
export function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
export const sqlFolder = (): string => join(projectFolder(), 'sql');
export const webFolder = (): string => join(projectFolder(), 'dist', 'web');
