import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { webFolder } from '../../../src/paths.ts';

/** `npm test` builds first; a browser test run alone builds the panel when there is none. */
export async function ensurePanelBuilt(): Promise<void> {
  if (existsSync(join(webFolder(), 'index.html'))) return;
  const { build } = await import('vite');
  await build({ logLevel: 'warn' });
}
