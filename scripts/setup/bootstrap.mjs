// Plain JavaScript for whatever Node the machine has (18 or newer): brings the project's own Node 24 and packages,
// then runs a script of the project in it. `node scripts/setup/bootstrap.mjs SCRIPT [arguments…]`
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = join(project, 'node_modules', '.bin');
const marker = join(project, 'node_modules', '.installed-lock');

ensurePackages();
run(process.argv[2], process.argv.slice(3));

/** `npm ci`, unless node_modules already is what the lock file says. */
function ensurePackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(project, 'package-lock.json')))
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted && existsSync(join(bin, 'node'))) return;
  console.log('• Installing the packages of package-lock.json (half a minute)…');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (npm.status !== 0) process.exit(npm.status || 1);
  if (!existsSync(join(bin, 'node'))) {
    console.error('npm did not install the project’s own Node: its install script was not allowed to run.');
    process.exit(1);
  }
  writeFileSync(marker, wanted);
}

/** Runs the script in Node 24, hands signals on, ends as it ends. */
function run(script, args) {
  const child = spawn(join(bin, 'node'), [join(project, script), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  // Ctrl-C reaches the child through the terminal; a signal sent to this process alone is handed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
