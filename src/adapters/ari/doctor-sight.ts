import { randomBytes } from 'node:crypto';
import {
  type AriClient,
  AriError,
  type AriLog,
  createAriClient,
  type Endpoint,
  type Module,
} from '../../asterisk-ari-client/index.ts';
import { type ReadFunction, withHelperChannel } from './helper-channel.ts';
import { phoneObjects } from './requirements.ts';

export interface AriAddress {
  url: string;
  username: string;
  password: string;
  app: string;
  transport?: 'inbound' | 'outbound';
}

/** What a doctor sees of a PBX over ARI, without changing anything. Null: it could not be seen. */
export interface AriSight {
  app: string;
  username: string;
  version: string;
  modules: Module[];
  canWrite: boolean;
  isAppHeld: boolean;
  /** Null where this server dials. `devices`: device states that the application is subscribed to. */
  outbound: { pbxName: string; devices: string[] } | null;
  endpoints: Endpoint[];
  /** `taskprocessor_overload_trigger`: '' when no section sets it as far as can be seen. */
  overloadTrigger: string | null;
  /** Variables that come with every channel. */
  channelVars: string[] | null;
  /** Values of configuration files, '' where a file does not say. */
  config: ConfigSight | null;
}
export interface ConfigSight {
  cdrEnable: string;
  cdrUnanswered: string;
  isIncluded: boolean;
  /** Kinds of PJSIP objects that may be made over ARI, by `sorcery.conf`. */
  dynamicObjects: string[];
  iceSupport: string;
  /** Of `cel.conf`. */
  cel: { enable: string; events: string; apps: string };
}

export type AriVisit = { reached: true; sight: AriSight } | { reached: false; error: AriError };

const quiet: AriLog = { info() {}, warn() {} };

/** Looks at everything. Rejects only for a mistake of ours: a PBX that cannot be reached is a result. */
export async function visitAri(address: AriAddress, pbxName: string): Promise<AriVisit> {
  const app = `${address.app}-doctor-${randomBytes(3).toString('hex')}`;
  const { url, username, password } = address;
  const client = createAriClient({ url, username, password, app, eventTypes: [], log: quiet });
  try {
    return { reached: true, sight: await look(client, address, { pbxName, ownApp: app }) };
  } catch (error) {
    if (error instanceof AriError) return { reached: false, error };
    throw error;
  } finally {
    await client.close();
  }
}

async function look(
  client: AriClient,
  { app, username, transport }: AriAddress,
  { pbxName, ownApp }: { pbxName: string; ownApp: string },
): Promise<AriSight> {
  const info = await client.asterisk.getInfo();
  const modules = await unlessMissing(client.asterisk.listModules(), []);
  const endpoints = await unlessMissing(client.endpoints.list(), []);
  const held = await unlessMissing(client.applications.get({ applicationName: app }), null);
  const canWrite = await mayWrite(client);
  const seen = canWrite ? await lookFromInside(client, ownApp) : null;
  return {
    app,
    username,
    version: info.system?.version ?? '',
    modules,
    canWrite,
    isAppHeld: held !== null,
    outbound: transport === 'outbound' ? { pbxName, devices: held?.device_names ?? [] } : null,
    endpoints,
    overloadTrigger: (await triggerOverAri(client)) ?? seen?.overloadTrigger ?? (seen ? '' : null),
    channelVars: seen?.channelVars ?? null,
    config: seen?.config ?? null,
  };
}

/** Deleting a channel that never was changes nothing; a read-only user is refused before anybody looks for it. */
async function mayWrite(client: AriClient): Promise<boolean> {
  try {
    await client.channels.hangup({ channelId: 'vigie-doctor-no-such-channel' });
    return true;
  } catch (error) {
    if (error instanceof AriError && error.status !== undefined) return error.status !== 403;
    throw error;
  }
}

/** Names that sections of `type = global` usually have; Asterisk gives them by name only. */
const globalSections = ['global', 'general', 'globals', 'default'] as const;

/** The value in force, Asterisk's default included, where a section of a usual name exists. */
async function triggerOverAri(client: AriClient): Promise<string | undefined> {
  for (const id of globalSections) {
    const object = { configClass: 'res_pjsip', objectType: 'global', id };
    const fields = await unlessMissing(client.asterisk.getObject(object), []);
    const found = fields.find(({ attribute }) => attribute === 'taskprocessor_overload_trigger');
    if (found) return found.value;
  }
  return undefined;
}

interface InsideSight {
  channelVars: string[] | null;
  overloadTrigger: string | undefined;
  config: ConfigSight;
}

/** What a channel shows. Null where none can be made. */
async function lookFromInside(client: AriClient, app: string): Promise<InsideSight | null> {
  client.connect();
  await client.whenConnected({ timeoutMs: 5000 });
  let channelVars: string[] | null = null;
  try {
    return await withHelperChannel(client, app, async (read, helper) => {
      channelVars = Object.keys(helper.channelvars ?? {});
      return { channelVars, overloadTrigger: await triggerInFile(read), config: await readConfigs(read) };
    });
  } catch (error) {
    if (error instanceof AriError && error.code === 'ari-http') return null;
    throw error;
  }
}

async function triggerInFile(read: ReadFunction): Promise<string | undefined> {
  for (const id of globalSections) {
    const value = await read(`AST_CONFIG(pjsip.conf,${id},taskprocessor_overload_trigger)`);
    if (value) return value;
  }
  return undefined;
}

async function readConfigs(read: ReadFunction): Promise<ConfigSight> {
  return {
    cdrEnable: await read('AST_CONFIG(cdr.conf,general,enable)'),
    cdrUnanswered: await read('AST_CONFIG(cdr.conf,general,unanswered)'),
    isIncluded: (await read('DIALPLAN_EXISTS(vigie-taken)')) === '1',
    dynamicObjects: await readDynamicObjects(read),
    iceSupport: await read('AST_CONFIG(rtp.conf,general,icesupport)'),
    cel: {
      enable: await read('AST_CONFIG(cel.conf,general,enable)'),
      events: await read('AST_CONFIG(cel.conf,general,events)'),
      apps: await read('AST_CONFIG(cel.conf,general,apps)'),
    },
  };
}

/** The last line of a kind is where new objects go: `memory`, or `astdb,…`. */
async function readDynamicObjects(read: ReadFunction): Promise<string[]> {
  const found: string[] = [];
  for (const kind of phoneObjects) {
    const where = await read(`AST_CONFIG(sorcery.conf,res_pjsip,${kind},-1)`);
    if (/^(memory|astdb)\b/.test(where)) found.push(kind);
  }
  return found;
}

/** A resource of a module that is not loaded, and an object that does not exist, are both 404. */
async function unlessMissing<T, U>(asking: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof AriError && error.status === 404) return otherwise;
    throw error;
  }
}
