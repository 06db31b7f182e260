/** `npm run bench [-- NAME…]`: runs every benchmark of this folder one after the other; each prints one JSON line. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const wanted = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace(/\.bench\.ts$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

if (names.length === 0)
  throw new Error(`No benchmark of that name; there are: ${readdirSync(folder).join(', ')}`);
let failed = 0;
for (const name of names) {
  console.log(`• ${name}`);
  const result = spawnSync(process.execPath, [join(folder, `${name}.bench.ts`)], { stdio: 'inherit' });
  if (result.status !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
