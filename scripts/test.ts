/**
 * `npm test`: installs what the tests need, runs every check and every test, and last prints the real counts.
 * A check (types, lint, unused code, build) counts as one test. A skipped test counts as failed.
 * `npm test -- test/features` runs only the tests below that folder, without the checks.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../src/paths.ts';
import { ensureInstalled } from './lab/install.ts';
import { ensureDebianPackages } from './setup/debian.ts';

const project = projectFolder();
const progress = (line: string): void => console.log(`• ${line}`);

const checks: Record<string, string[]> = {
  'types of server, scripts and tests': ['tsc', '--noEmit'],
  'types of the panel': ['tsc', '--noEmit', '-p', 'src/web'],
  'lint and format': ['biome', 'ci', '--max-diagnostics=50', '.'],
  'unused code and packages': ['knip'],
  build: ['node', 'scripts/build.ts'],
};

let passed = 0;
let failed = 0;
const failures: string[] = [];

const wanted = process.argv.slice(2);
await ensureDebianPackages(
  [
    { command: 'chromium', package: 'chromium' },
    { command: 'sipp', package: 'sip-tester' },
    { command: 'tcpdump', package: 'tcpdump' },
  ],
  progress,
);
await ensureInstalled(progress);
if (wanted.length === 0) for (const [name, command] of Object.entries(checks)) await check(name, command);
await runTests(await testFiles(wanted));

for (const failure of failures) console.log(`✗ ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function check(name: string, command: string[]): Promise<void> {
  const { code, output } = await run(command);
  if (code === 0) passed++;
  else {
    failed++;
    failures.push(`${name}: ${command.join(' ')}`);
    console.log(output);
  }
  progress(`${name}: ${code === 0 ? 'fine' : 'FAILED'}`);
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

/** Runs tap once over all files and adds its own closing counts to ours. */
async function runTests(files: string[]): Promise<void> {
  mkdirSync(join(project, '.tap'), { recursive: true });
  const log = createWriteStream(join(project, '.tap', 'last-run.tap'));
  const { code, output } = await run(['tap', 'run', '--reporter=tap', ...files], (text) => {
    log.write(text);
    for (const line of text.split('\n'))
      if (/^(ok|not ok) /.test(line)) console.log(line.replace(/ \{$/, ''));
  });
  log.end();
  const counts = /^# \{ total: (\d+), pass: (\d+)/m.exec(output) ?? closingCounts(output);
  if (!counts) {
    failed++;
    failures.push(`tap did not close with its counts (exit ${code})\n${output.slice(-2_000)}`);
    return;
  }
  const total = Number(counts[1]);
  const good = Number(counts[2]);
  passed += good;
  failed += total - good;
  for (const line of output.match(/^ *not ok .*/gm) ?? []) failures.push(line.trim());
  if (code !== 0 && total === good) {
    failed++;
    failures.push(`tap ended with ${code} although every test passed`);
  }
}

/** tap prints the fields of its closing comment on several lines when there are failures. */
function closingCounts(output: string): RegExpExecArray | null {
  return /# \{[\s#]*total: (\d+),[\s#]*pass: (\d+)/.exec(output);
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
