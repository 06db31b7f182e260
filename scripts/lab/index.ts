import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLabAri } from './ari.ts';
import { type Asterisk, createAsterisk, type InstanceDirs } from './asterisk.ts';
import { createEar, type Ear } from './ear.ts';
import { type AsteriskInstall, ensureInstalled } from './install.ts';
import { createPbx, type Pbx, type PbxOptions, pbxValues } from './pbx.ts';
import { createPhones, type Phones } from './phones.ts';
import { pbxPjsip, phonesPjsip } from './pjsip.ts';
import { claimPorts, type LabPorts } from './ports.ts';
import { defaultRoster, type PhoneSpec } from './roster.ts';
import { createLoadGenerator, type LoadOptions } from './sipp.ts';
import type { LoadCall } from './sipp-log.ts';
import { onlySections, writeConfigs } from './template.ts';
import { toneClasses, writeTones } from './tone.ts';
import { isAlive, type Progress, sayOnStderr, waitFor } from './tools.ts';
import { ensureTurnInstalled, startTurn, type Turn, type TurnOptions } from './turn.ts';

export type { Ear } from './ear.ts';

export interface LabOptions {
  /** Letters and digits; appears in folder names and as Asterisk's system name. */
  name: string;
  /** Fixed ports (2000 from here); default: a free block. */
  portBase?: number;
  /** Blocks of ports: each gives about 350 simultaneous calls. */
  portBlocks?: number;
  pbx?: PbxOptions;
  /** Changes to phones, by number. */
  phones?: Record<string, Partial<PhoneSpec>>;
  /** A TURN server (coturn) on this address of the machine, for browsers that cannot reach the PBX. */
  turnAddress?: string;
  progress?: Progress;
}

/** A real PBX with real phones, all on 127.0.0.1. */
export interface Lab {
  readonly name: string;
  readonly ports: LabPorts;
  readonly version: string;
  readonly pbx: Pbx;
  readonly phones: Phones;
  /** Null unless `turnAddress` was given. */
  readonly turn: Pick<Turn, 'url' | 'secret'> | null;
  /** Starts hearing all RTP of this lab. */
  listen(): Promise<Ear>;
  /** Makes calls with SIPp and gives its own log of them. */
  sipp(options: LoadOptions): Promise<LoadCall[]>;
  /** Ends everything and removes its folders; twice is fine. */
  stop(): Promise<void>;
}

/**
 * Starts a PBX and its phones and waits until all of them work; installs Asterisk first where it is missing.
 * Everything ends with `stop()`, and with this process.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const progress = options.progress ?? sayOnStderr;
  const install = await ensureInstalled(progress);
  if (options.turnAddress) await ensureTurnInstalled(progress);
  const ports = await claimPorts(options.portBase, options.portBlocks);
  const dirs = makeDirs(install, options.name);
  const instances: Asterisk[] = [];
  const load = createLoadGenerator(ports, join(dirs.host, 'sipp'));
  const ears: Ear[] = [];
  let turn: Turn | null = null;
  const listen = async () => {
    const ear = await createEar([ports.base, ports.rtp[1]]);
    ears.push(ear);
    return ear;
  };
  const killAll = () => {
    for (const instance of instances) instance.killNow();
    turn?.killNow();
    rmSync(dirs.host, { recursive: true, force: true });
  };
  process.once('exit', killAll);
  let phones: Phones | undefined;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      phones?.close();
      await Promise.all([...ears.map((ear) => ear.close()), load.stop(), turn?.stop()]);
      await Promise.all(instances.map((instance) => instance.stop()));
      rmSync(dirs.host, { recursive: true, force: true });
      process.off('exit', killAll);
      await ports.release();
    })();
    return stopping;
  };
  try {
    const roster = rosterWith(options.phones ?? {});
    const secrets = { ari: randomBytes(12).toString('hex'), phones: randomBytes(12).toString('hex') };
    const made = await configure(install, dirs, { options, ports, roster, secrets });
    instances.push(made.pbx, made.phones);
    await Promise.all(instances.map((instance) => instance.start()));
    const pbx = createPbx(made.pbx, made.pbxDirs, ports, secrets.ari);
    const ari = createLabAri(`http://127.0.0.1:${ports.phonesAri}/ari`, 'phones', secrets.phones);
    phones = await createPhones(ari, roster, `127.0.0.1:${ports.sip}`);
    await allRegistered(pbx, roster);
    if (options.turnAddress) turn = await startTurn(turnOptions(options.turnAddress, ports, dirs));
    const { version } = install;
    return { name: options.name, ports, version, pbx, phones, turn, listen, sipp: load.run, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const turnOptions = (address: string, ports: LabPorts, dirs: InstanceDirs): TurnOptions => ({
  ...{ address, port: ports.turn, relayPorts: ports.turnRelay },
  dir: join(dirs.host, 'turn'),
});

function rosterWith(changes: Record<string, Partial<PhoneSpec>>): PhoneSpec[] {
  return defaultRoster().map((phone) => ({ ...phone, ...changes[phone.number] }));
}

/** A folder for this lab, named after this process; folders of processes that are gone are removed on the way. */
function makeDirs(install: AsteriskInstall, name: string): InstanceDirs {
  if (!/^[a-z0-9-]{1,30}$/i.test(name))
    throw new Error(`a lab's name is letters, digits and dashes, not "${name}"`);
  for (const entry of readdirSync(install.instancesDir)) {
    const owner = Number(/\.(\d+)\.[0-9a-f]+$/.exec(entry)?.[1]);
    if (owner && !isAlive(owner)) rmSync(join(install.instancesDir, entry), { recursive: true, force: true });
  }
  const host = join(install.instancesDir, `${name}.${process.pid}.${randomBytes(3).toString('hex')}`);
  mkdirSync(host, { recursive: true });
  return { host, inside: host.slice(install.root.length) };
}

interface Plan {
  options: LabOptions;
  ports: LabPorts;
  roster: PhoneSpec[];
  secrets: { ari: string; phones: string };
}

async function configure(install: AsteriskInstall, dirs: InstanceDirs, plan: Plan) {
  const { options, ports, roster, secrets } = plan;
  const tonesHost = join(install.instancesDir, 'tones');
  await writeTones(tonesHost);
  const tones = tonesHost.slice(install.root.length);
  const pbxDirs = below(dirs, 'pbx');
  const phonesDirs = below(dirs, 'phones');
  const common = { modules: install.moduleDir, data: install.dataDir, tones, name: options.name };
  const wanted = options.pbx ?? {};
  const appended = appendedTo(wanted, secrets.ari);
  await writeInstance('pbx', pbxDirs, appended, pbxPjsip(ports, roster, wanted), {
    ...common,
    ...pbxValues(wanted, ports, secrets.ari, tones),
  });
  await loadToo(join(pbxDirs.host, 'etc', 'modules.conf'), wanted.load ?? []);
  if (options.pbx?.queues) await keepQueues(join(pbxDirs.host, 'etc', 'queues.conf'), options.pbx.queues);
  await writeInstance('phones', phonesDirs, undefined, phonesPjsip(ports, roster), {
    ...common,
    ariPort: ports.phonesAri,
    ariPassword: secrets.phones,
    rtpFirst: ports.phonesRtp[0],
    rtpLast: ports.phonesRtp[1],
    toneClasses: toneClasses(tones),
  });
  return { pbx: createAsterisk(install, pbxDirs), phones: createAsterisk(install, phonesDirs), pbxDirs };
}

/** The very samples that an administrator adds. */
function appendedTo({ browserPhones, dials, append }: PbxOptions, password: string): Record<string, string> {
  const sample = (name: string) => readFileSync(join(import.meta.dirname, '../../dialplan', name), 'utf8');
  const outbound = dials && {
    'websocket_client.conf': sample('websocket_client_vigie.conf')
      .replace(/^uri = .*$/m, `uri = ${dials}`)
      .replace('change-me', password),
    'ari.conf': sample('ari_outbound_vigie.conf'),
  };
  return {
    ...(browserPhones ? { 'sorcery.conf': sample('sorcery_vigie.conf') } : {}),
    ...outbound,
    ...append,
  };
}

async function loadToo(file: string, modules: readonly string[]): Promise<void> {
  const left = modules.map((name) => `noload = ${name}`);
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.filter((line) => !left.includes(line)).join('\n'));
}

async function keepQueues(file: string, wanted: readonly string[]): Promise<void> {
  await writeFile(file, onlySections(await readFile(file, 'utf8'), wanted));
}

const below = (dirs: InstanceDirs, name: string): InstanceDirs => ({
  host: join(dirs.host, name),
  inside: `${dirs.inside}/${name}`,
});

async function writeInstance(
  kind: 'pbx' | 'phones',
  dirs: InstanceDirs,
  append: Record<string, string> | undefined,
  pjsip: string,
  values: Record<string, string | number>,
): Promise<void> {
  const folders = ['etc', 'var', 'spool', 'run', 'log'];
  await Promise.all(
    [...folders, 'log/cdr-csv', 'log/cel-custom', 'var/keys', 'var/agi-bin'].map((name) =>
      mkdir(join(dirs.host, name), { recursive: true }),
    ),
  );
  const places = Object.fromEntries(folders.map((name) => [name, `${dirs.inside}/${name}`]));
  await writeConfigs(
    join(import.meta.dirname, kind),
    join(dirs.host, 'etc'),
    { ...values, ...places },
    {
      'pjsip.conf': pjsip,
      ...append,
    },
  );
}

async function allRegistered(pbx: Pbx, roster: PhoneSpec[]): Promise<void> {
  const expected = roster.filter((phone) => phone.registered).reduce((sum, phone) => sum + phone.contacts, 0);
  const count = async () => {
    const text = await pbx.cli('pjsip show contacts');
    return (text.match(/sip:phone-/g) ?? []).length >= expected;
  };
  await waitFor('the phones to register', count, 20_000, 50);
}
