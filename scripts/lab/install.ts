import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installDebianPackages } from '../setup/debian.ts';
import { withInstallLock } from './install-lock.ts';
import { findTool, isAlive, type Progress, run, sayOnStderr } from './tools.ts';

/** Where Asterisk is and how to start it. */
export interface AsteriskInstall {
  version: string;
  /** The folder Asterisk sees as `/`; '' when Asterisk is installed on the machine itself. */
  root: string;
  /** What stands before `asterisk` on every command line. */
  command: string[];
  moduleDir: string;
  /** Asterisk's documentation and sounds. */
  dataDir: string;
  /** On the host: the folder under which instances may make their own folders. */
  instancesDir: string;
}

const neededModules = [
  'app_queue',
  'app_agent_pool',
  'app_confbridge',
  'app_voicemail',
  'res_parking',
  'cel_custom',
]
  .concat(['cdr_csv', 'chan_pjsip', 'res_ari_channels', 'res_ari_events', 'res_stasis_snoop', 'codec_g722'])
  .concat(['app_playtones', 'bridge_softmix', 'res_timing_timerfd']);

const versionMin = 20;
const debianSuites = ['forky', 'sid'];
const partial = 'rootfs.partial-';
const completeMark = '.vigie-lab-complete';

/** The folder of the project where the lab keeps what it installs; git ignores it. */
function labDir(): string {
  return resolve(process.env['VIGIE_LAB_DIR'] ?? join(import.meta.dirname, '../../.lab'));
}

/**
 * Makes sure that a usable Asterisk and the lab's tools are on this machine and says where.
 * Installs what is missing (root, Debian, a reachable package mirror); seconds when all is there.
 */
export async function ensureInstalled(progress: Progress = sayOnStderr): Promise<AsteriskInstall> {
  const missing = missingPackages();
  const ready = missing.length === 0 ? await findInstalled() : undefined;
  if (ready) return ready;
  await mkdir(labDir(), { recursive: true });
  return withInstallLock(labDir(), progress, async () => {
    await installDebianPackages(missingPackages(), progress);
    const found = await findInstalled();
    if (found) return found;
    await installDebianPackages(findTool('debootstrap') ? [] : ['debootstrap'], progress);
    await bootstrap(progress);
    const made = await findInstalled();
    if (!made) throw new Error(`Asterisk was installed in ${labDir()} but cannot be used`);
    return made;
  });
}

function missingPackages(): string[] {
  const wanted = { tcpdump: 'tcpdump', sipp: 'sip-tester', setpriv: 'util-linux', faketime: 'faketime' };
  return Object.entries(wanted).flatMap(([tool, name]) => (findTool(tool) ? [] : [name]));
}

async function findInstalled(): Promise<AsteriskInstall | undefined> {
  return (await inspect('', findTool('asterisk'))) ?? (await inspectOwn());
}

async function inspectOwn(): Promise<AsteriskInstall | undefined> {
  const root = join(labDir(), 'rootfs');
  if (process.getuid?.() !== 0 || !existsSync(join(root, completeMark))) return undefined;
  return inspect(root, '/usr/sbin/asterisk');
}

async function inspect(root: string, program: string | undefined): Promise<AsteriskInstall | undefined> {
  if (!program) return undefined;
  const command = root === '' ? [program] : ['chroot', root, program];
  const [first, ...rest] = command as [string, ...string[]];
  const banner = await run(first, [...rest, '-V']).catch(() => '');
  const version = /Asterisk (?:certified[/-])?(\d+\.\S+)/.exec(banner)?.[1];
  if (!version || Number.parseInt(version, 10) < versionMin) return undefined;
  const moduleDir = findModuleDir(root);
  if (!moduleDir) return undefined;
  // Short, because the name of Asterisk's control socket may have no more than 107 bytes.
  const instancesDir = root === '' ? join(tmpdir(), 'vigie-lab') : join(root, 'lab');
  await mkdir(instancesDir, { recursive: true });
  const dataDir = existsSync(join(root, '/usr/share/asterisk')) ? '/usr/share/asterisk' : '/var/lib/asterisk';
  return { version, root, command, moduleDir, dataDir, instancesDir };
}

function findModuleDir(root: string): string | undefined {
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return [
    `/usr/lib/${triple}/asterisk/modules`,
    '/usr/lib/asterisk/modules',
    '/usr/local/lib/asterisk/modules',
  ].find((dir) => neededModules.every((module) => existsSync(join(root, dir, `${module}.so`))));
}

async function bootstrap(progress: Progress): Promise<void> {
  const failures: string[] = [];
  for (const mirror of await aptMirrors()) {
    for (const suite of debianSuites) {
      try {
        return await bootstrapFrom(suite, mirror, progress);
      } catch (error) {
        failures.push(String(error));
        progress(`Debian ${suite} did not work out, trying the next source`);
      }
    }
  }
  throw new Error(`Asterisk could not be installed:\n${failures.join('\n') || 'apt has no package source'}`);
}

/** The machine's own package mirrors, never the security one: it holds no full suite. */
async function aptMirrors(): Promise<string[]> {
  const list = () => run('apt-get', ['indextargets', '--format', '$(SITE) $(CODENAME)']);
  const text = await list();
  const found = text.split('\n').filter((line) => line !== '' && !line.includes('-security'));
  return [...new Set(found.map((line) => line.split(' ')[0] ?? ''))];
}

async function bootstrapFrom(suite: string, mirror: string, progress: Progress): Promise<void> {
  await removeLeftovers();
  const target = join(labDir(), `${partial}${process.pid}`);
  progress(`installing Asterisk from Debian ${suite} into ${labDir()} (about a minute)`);
  const known = existsSync(`/usr/share/debootstrap/scripts/${suite}`);
  const script = known ? [] : ['/usr/share/debootstrap/scripts/sid'];
  let lastPhase = '';
  // Killed with us, so that no orphan goes on writing beside the next attempt.
  const orphanless = ['--pdeathsig', 'KILL', '--', 'debootstrap', '--variant=minbase'];
  const packages = '--include=asterisk,asterisk-core-sounds-en,odbc-mariadb';
  await run('setpriv', [...orphanless, packages, suite, target, mirror, ...script], {
    timeoutMs: 900_000,
    onLine: (line) => {
      const phase = /^I: (\S+ \S+)/.exec(line)?.[1]?.replace(/ \S*[\d./].*$/, '');
      if (!phase || phase === lastPhase) return;
      lastPhase = phase;
      progress(`  ${line.slice(3, 90)}`);
    },
  });
  // Without these two files every SIP request waits seconds for a name server.
  await writeFile(join(target, 'etc/hosts'), `127.0.0.1 localhost ${hostname()}\n`);
  const nsswitch = await readFile(join(target, 'etc/nsswitch.conf'), 'utf8').catch(() => '');
  await writeFile(
    join(target, 'etc/nsswitch.conf'),
    `${nsswitch.replace(/^hosts:.*\n?/m, '')}hosts: files\n`,
  );
  await rm(join(target, 'var/cache/apt/archives'), { recursive: true, force: true });
  await writeFile(join(target, completeMark), `${suite}\n`);
  await removeTree(join(labDir(), 'rootfs'));
  await rename(target, join(labDir(), 'rootfs'));
  progress('Asterisk is installed');
}

/** Half-made systems of attempts that were interrupted. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(labDir())) {
    const owner = Number(name.startsWith(partial) ? name.slice(partial.length) : Number.NaN);
    if (owner === process.pid || (owner && !isAlive(owner))) await removeTree(join(labDir(), name));
  }
}

/** Removes a half-made system; an interrupted debootstrap may have left /proc mounted in it. */
async function removeTree(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of mounts.reverse()) await run('umount', [point]);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
