import { homedir } from 'node:os';
import { join } from 'node:path';
import { envSchema } from 'env-schema';
import Type, { type Static } from 'typebox';
import { type Collect, celConfig, collectConfig } from './cel-config.ts';
import { pbxNameLengthMax, pbxNamePattern } from './contract/common.ts';
import { AppError } from './contract/errors.ts';
import { ariAppLengthMax, contextLengthMax, type PbxConfig, readPbxFile } from './pbx-config.ts';

/**
 * Every setting, with its default, in one place. The README's settings table is compared with `settings` by a test.
 * `description` is what that table says.
 */
export const settings = {
  HOST: Type.String({ default: '127.0.0.1', description: 'Address the panel and the API listen on' }),
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the panel and the API; 0 takes a free one',
  }),
  PUBLIC_URL: Type.String({
    default: '',
    description:
      'Address browsers use, when it differs from HOST and PORT; writing requests must come from it',
  }),
  DATA_DIR: Type.String({
    default: '',
    description:
      'Folder for the private database and the local log; `/var/lib/vigie` for root, `~/.vigie` otherwise',
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe log lines written',
  }),
  TRUST_PROXY: Type.Boolean({
    default: false,
    description: 'Take the client address from X-Forwarded-For; only behind your own proxy',
  }),
  DATABASE_URL: Type.String({
    default: '',
    description: 'PostgreSQL (15 or newer); absent: a private PostgreSQL in DATA_DIR',
  }),
  REDIS_URL: Type.String({
    default: '',
    description:
      'Redis, for several servers that share PBXs ([docs/several-servers.md](docs/several-servers.md)); needs DATABASE_URL. Also `redis+sentinel://host,host2/NAME` and `redis+cluster://host,host2`',
  }),
  SERVER_URL: Type.String({
    default: '',
    description:
      'With REDIS_URL: address at which the other servers reach this one, `http://10.0.0.5:8080`; absent: HOST and PORT',
  }),
  ARI_URL: Type.String({ default: '', description: 'Asterisk’s ARI with its path, `http://host:8088/ari`' }),
  ARI_USERNAME: Type.String({ default: '', description: 'User of `ari.conf`' }),
  ARI_PASSWORD: Type.String({ default: '', description: 'Its password' }),
  ARI_APP: Type.String({
    default: 'vigie',
    minLength: 1,
    maxLength: ariAppLengthMax,
    pattern: pbxNamePattern,
    description: 'Stasis application; two servers on one PBX need two names',
  }),
  ARI_TRANSPORT: Type.Enum(['inbound', 'outbound'], {
    default: 'inbound',
    description:
      'Who dials: `inbound` this server, `outbound` Asterisk (20.15, 21.10, 22.5 or newer), at `/asterisk/ws/PBX_NAME` on PORT, with ARI_USERNAME and ARI_PASSWORD; it then keeps events while this server is away',
  }),
  PBX_NAME: Type.String({
    default: 'main',
    minLength: 1,
    maxLength: pbxNameLengthMax,
    pattern: pbxNamePattern,
    description: 'Name of the PBX in records',
  }),
  PBX_CONFIG: Type.String({
    default: '',
    description:
      'Several PBXs: a JSON file instead of ARI_URL and the other settings of one PBX ([docs/several-pbxs.md](docs/several-pbxs.md))',
  }),
  AMI_HOST: Type.String({
    default: '',
    description: 'Asterisk’s manager (recommended): adds wrap-up, pause reasons, queue positions',
  }),
  AMI_PORT: Type.Integer({ default: 5038, minimum: 1, maximum: 65535, description: 'Its port' }),
  AMI_USERNAME: Type.String({ default: '', description: 'User of `manager.conf` with `read = agent,call`' }),
  AMI_PASSWORD: Type.String({ default: '', description: 'Its secret' }),
  BROWSER_PHONE_CONTEXT: Type.String({
    default: '',
    maxLength: contextLengthMax,
    pattern: '^[A-Za-z0-9_-]*$',
    description:
      'Dialplan context of an agent’s browser phone, which lets him dial what it holds; absent: he only receives calls',
  }),
  BROWSER_PHONES: Type.String({
    default: '',
    description:
      'JSON file of browser phones made in `pjsip.conf`, `[{"login", "endpoint", "password"}]`, for a PBX where Vigie can make none',
  }),
  TURN_URL: Type.String({
    default: '',
    description:
      'TURN server for browsers behind NAT, `turn:host:3478` (several: separated by commas); absent: none, and no STUN either',
  }),
  TURN_SECRET: Type.String({
    default: '',
    description: 'Its shared secret (coturn’s `static-auth-secret`); each page gets credentials of its own',
  }),
  CEL_FILE: Type.String({
    default: '',
    description:
      'Asterisk’s journal (`dialplan/cel_vigie.conf`), optional: calls that begin or end while ARI is away keep their record',
  }),
  CEL_URL: Type.String({
    default: '',
    description:
      'The same from a table: `postgres://user:password@host/asterisk?table=cel` (cel_pgsql), `mysql://…/asteriskcdrdb` (cel_odbc on MariaDB or MySQL, FreePBX’s default)',
  }),
  COLLECT_TOKEN: Type.String({
    default: '',
    description:
      'The same sent by the PBX host (`vigie collect`, rsyslog, a shell script): what it must present, 20 characters or more',
  }),
  COLLECT_TO: Type.String({
    default: '',
    description: 'For `vigie collect` on the PBX host: address of the server that CEL_FILE is sent to',
  }),
  SESSION_HOURS: Type.Integer({
    default: 12,
    minimum: 1,
    maximum: 720,
    description: 'Hours after which a sign-in ends',
  }),
} as const;

const Environment = Type.Object(settings);
type Environment = Static<typeof Environment>;

export interface Config {
  host: string;
  port: number;
  publicUrl: string | null;
  dataDir: string;
  logLevel: Environment['LOG_LEVEL'];
  trustProxy: boolean;
  databaseUrl: string | null;
  /** Where several servers share PBXs; null: this one is alone. */
  redis: { url: string; serverUrl: string | null } | null;
  /** In the order of the settings. Empty when none is configured: the panel then says so. */
  pbxs: readonly PbxConfig[];
  /** For `vigie collect`: what it sends, where to, and for which PBX. */
  collect: Collect | null;
  /** File of configured browser phones. */
  browserPhonesFile: string | null;
  turn: { urls: string[]; secret: string } | null;
  sessionHours: number;
}

/** Reads and validates the environment once. Throws `bad-setting` naming the variable, never its value. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Readonly<Config> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in settings && value !== ''),
  );
  let values: Environment;
  try {
    values = envSchema<Environment>({ schema: Environment, data: given, env: false });
  } catch (error) {
    throw new AppError(
      'bad-setting',
      `A setting is wrong: ${(error as Error).message.replace(/^env\//, '').replace(/env\//g, '')}`,
    );
  }
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    publicUrl: url(values, 'PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null,
    dataDir: values.DATA_DIR || defaultDataDir(),
    logLevel: values.LOG_LEVEL,
    trustProxy: values.TRUST_PROXY,
    databaseUrl: url(values, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redis: redisConfig(values),
    collect: collectConfig(values),
    pbxs: pbxConfigs(values),
    browserPhonesFile: values.BROWSER_PHONES || null,
    turn: turnConfig(values),
    sessionHours: values.SESSION_HOURS,
  });
}

function redisConfig(values: Environment): Config['redis'] {
  const serverUrl = url(values, 'SERVER_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null;
  if (values.REDIS_URL === '') return null;
  if (!/^rediss?(\+(sentinel|cluster))?:\/\//.test(values.REDIS_URL))
    throw new AppError('bad-setting', 'REDIS_URL is not a redis:// address');
  if (values.DATABASE_URL === '')
    throw new AppError(
      'bad-setting',
      'REDIS_URL is set, DATABASE_URL is missing: servers that share PBXs share a database',
    );
  if (serverUrl === null && ['0.0.0.0', '::'].includes(values.HOST))
    throw new AppError('bad-setting', 'REDIS_URL is set and HOST is every address: SERVER_URL is missing');
  return { url: values.REDIS_URL, serverUrl };
}

/** Those of PBX_CONFIG's file, or the one of ARI_URL. */
function pbxConfigs(values: Environment): PbxConfig[] {
  const phoneContext = values.BROWSER_PHONE_CONTEXT || null;
  if (values.PBX_CONFIG === '') return onePbx(values, phoneContext);
  const [other] = (['ARI_URL', 'AMI_HOST', 'CEL_FILE', 'CEL_URL', 'COLLECT_TOKEN'] as const).filter(
    (name) => values[name] !== '',
  );
  if (other)
    throw new AppError('bad-setting', `PBX_CONFIG and ${other} are both set; the file names every PBX`);
  return readPbxFile(values.PBX_CONFIG, { app: values.ARI_APP, phoneContext });
}

function onePbx(values: Environment, phoneContext: string | null): PbxConfig[] {
  const address = url(values, 'ARI_URL', ['http:', 'https:']);
  if (!address) return [];
  if (!values.ARI_USERNAME) throw new AppError('bad-setting', 'ARI_URL is set, ARI_USERNAME is missing');
  if (!values.ARI_PASSWORD) throw new AppError('bad-setting', 'ARI_URL is set, ARI_PASSWORD is missing');
  if (values.AMI_HOST && !values.AMI_USERNAME)
    throw new AppError('bad-setting', 'AMI_HOST is set, AMI_USERNAME is missing');
  const pbx: PbxConfig = {
    name: values.PBX_NAME,
    ari: {
      url: address.replace(/\/+$/, ''),
      username: values.ARI_USERNAME,
      password: values.ARI_PASSWORD,
      app: values.ARI_APP,
      transport: values.ARI_TRANSPORT,
    },
    ami: values.AMI_HOST
      ? {
          host: values.AMI_HOST,
          port: values.AMI_PORT,
          username: values.AMI_USERNAME,
          password: values.AMI_PASSWORD,
        }
      : null,
    cel: celConfig(values),
    phoneContext,
    dialStrings: {},
  };
  return [pbx];
}

const turnUrl = /^turns?:[A-Za-z0-9._[\]:-]+(\?transport=(udp|tcp))?$/;

function turnConfig(values: Environment): Config['turn'] {
  const urls = values.TURN_URL.split(',').map((one) => one.trim());
  if (values.TURN_URL === '') return null;
  if (!urls.every((one) => turnUrl.test(one)))
    throw new AppError('bad-setting', 'TURN_URL is not a turn: or turns: address');
  if (!values.TURN_SECRET) throw new AppError('bad-setting', 'TURN_URL is set, TURN_SECRET is missing');
  return { urls, secret: values.TURN_SECRET };
}

type UrlSetting = 'PUBLIC_URL' | 'SERVER_URL' | 'DATABASE_URL' | 'ARI_URL';
function url(values: Environment, name: UrlSetting, protocols: string[]): string | null {
  const value = values[name];
  if (value === '') return null;
  const parsed = URL.parse(value);
  if (!parsed || !protocols.includes(parsed.protocol)) {
    throw new AppError(
      'bad-setting',
      `${name} is not a ${protocols.map((p) => `${p}//`).join(' or ')} address`,
    );
  }
  if (name === 'ARI_URL' && (parsed.username || parsed.search)) {
    throw new AppError(
      'bad-setting',
      'ARI_URL holds a user or a query; credentials go into ARI_USERNAME and ARI_PASSWORD',
    );
  }
  return value;
}

function defaultDataDir(): string {
  return process.getuid?.() === 0 ? '/var/lib/vigie' : join(homedir(), '.vigie');
}
