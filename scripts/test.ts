/**
 * `npm test`: installs what the tests need, runs every check and every test, and last prints the real counts of tests.
 * A check (types, lint, unused code, build) counts as one test. A skipped test counts as failed.
 * `npm test -- test/features` runs only the tests below that folder, without the checks.
 *
 * Tests on a real PBX or browser judge sound and time on a machine that others may share: a file of theirs that fails is
 * run once more, alone, and the output says so; so is a file of which the run said nothing. What fails alone has failed.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../src/paths.ts';
import { ensureInstalled } from './lab/install.ts';
import { ensureMariadb } from './lab/mariadb.ts';
import { ensureTurnInstalled } from './lab/turn.ts';
import { ensureDebianPackages } from './setup/debian.ts';
import { ensurePostgres } from './setup/postgres.ts';
import { ensureRedisInstalled } from './setup/redis.ts';
import { ensureReverseProxiesInstalled } from './setup/reverse-proxies.ts';
import { ensureRsyslogInstalled } from './setup/rsyslog.ts';
import { type FileResult, readTap } from './setup/tap-results.ts';

const project = projectFolder();
const progress = (line: string): void => console.log(`• ${line}`);
/** Said of a file of which tap said nothing. */
const notRun = 'was not run';
const onRealThings = /^test\/(asterisk|browser|faults|scripts)\//;

const checks: Record<string, string[]> = {
  'types of server, scripts and tests': ['tsc', '--noEmit'],
  'types of the panel': ['tsc', '--noEmit', '-p', 'src/web'],
  'lint and format': ['biome', 'ci', '--colors=off', '--max-diagnostics=50', '.'],
  'unused code and packages': ['knip'],
  build: ['node', 'scripts/build.ts'],
};

const wanted = process.argv.slice(2);
const needed = { chromium: 'chromium', curl: 'curl', nft: 'nftables', ip: 'iproute2', openssl: 'openssl' };
await ensureDebianPackages(
  Object.entries(needed).map(([command, name]) => ({ command, package: name })),
  progress,
);
await ensureTurnInstalled(progress);
await ensureRedisInstalled(progress);
await ensureReverseProxiesInstalled(progress);
await ensureRsyslogInstalled(progress);
await ensurePostgres(progress);
await ensureMariadb(progress);
await ensureInstalled(progress);

const results: FileResult[] = [];
if (wanted.length === 0)
  for (const [name, command] of Object.entries(checks)) results.push(await check(name, command));
results.push(...(await runTests(await testFiles(wanted))));

let passed = 0;
let failed = 0;
for (const result of results) {
  passed += result.passed;
  failed += result.failures.length;
  for (const failure of result.failures) console.log(`✗ ${result.file}: ${failure}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function check(name: string, command: string[]): Promise<FileResult> {
  const { code, output } = await run(command);
  progress(`${name}: ${code === 0 ? 'fine' : 'FAILED'}`);
  if (code === 0) return { file: name, passed: 1, failures: [] };
  console.log(output);
  return { file: name, passed: 0, failures: [command.join(' ')] };
}

async function testFiles(below: string[]): Promise<string[]> {
  const patterns =
    below.length > 0
      ? below.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.test.ts`))
      : ['test/**/*.test.ts'];
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: project })) files.push(file);
  return files.sort();
}

async function runTests(files: string[]): Promise<FileResult[]> {
  const all = await tap('run', files);
  for (const result of all) {
    const wasLeftOut = result.failures.includes(notRun);
    if (result.failures.length === 0 || !(onRealThings.test(result.file) || wasLeftOut)) continue;
    progress(`${result.file} failed beside others (${result.failures.join('; ')}); once more, alone`);
    const [alone] = await tap(`alone-${result.file.replaceAll('/', '-')}`, [result.file]);
    if (alone) Object.assign(result, alone);
  }
  return all;
}

/** One run of tap; its whole output is kept in `.tap/NAME.tap`. */
async function tap(name: string, files: string[]): Promise<FileResult[]> {
  mkdirSync(join(project, '.tap'), { recursive: true });
  const log = createWriteStream(join(project, '.tap', `${name}.tap`));
  const { code, output } = await run(['tap', 'run', '--reporter=tap', ...files], (text) => {
    log.write(text);
    for (const line of text.split('\n'))
      if (/^(ok|not ok) \d+ - test\//.test(line)) console.log(line.replace(/ \{$/, ''));
  });
  log.end();
  const found = readTap(output);
  for (const file of files) {
    if (!found.some((result) => result.file === file)) found.push({ file, passed: 0, failures: [notRun] });
  }
  if (code !== 0 && found.every((result) => result.failures.length === 0)) {
    found.push({ file: 'tap', passed: 0, failures: [`ended with ${code}: ${output.slice(-2_000)}`] });
  }
  for (const result of found) if (result.failures.length > 0) console.log(detailsOf(output, result.file));
  return found;
}

/** What a failed file printed, for whoever reads the log of a machine he cannot enter. */
function detailsOf(output: string, file: string): string {
  const start = output.indexOf(`# Subtest: ${file}\n`);
  const lines = output.slice(Math.max(0, start)).split('\n');
  const first = lines.findIndex((line) => /^ *not ok /.test(line));
  return lines.slice(Math.max(0, first - 2), first + 60).join('\n');
}

function run(
  command: string[],
  onText: (text: string) => void = () => {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(command[0]!, command.slice(1), { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
      onText(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
