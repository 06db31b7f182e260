import { join } from 'node:path';
import { createLabAri, type LabAri } from './ari.ts';
import type { Asterisk, InstanceDirs } from './asterisk.ts';
import type { LabPorts } from './ports.ts';
import { holdMusicHz } from './roster.ts';

/** What of the PBX's configuration a test may change. */
export interface PbxOptions {
  /** The `channelvars` of ari.conf; `null`: the administrator set none. */
  channelVars?: string | null;
  /** pjsip.conf's `taskprocessor_overload_trigger`; Asterisk's own default is `global`. */
  overloadTrigger?: 'pjsip_only' | 'global' | 'none';
  /** Write the CEL journal (default yes). */
  cel?: boolean;
  /** Only these queues of queues.conf; default: all. */
  queues?: readonly string[];
  /** Extensions to add, as an administrator's `#include` would. */
  dialplan?: string;
  /** Endpoints by which this PBX reaches another lab's, whose `peers` name it: `PJSIP/1901@to-lyon`. */
  trunks?: readonly { name: string; sipPort: number; fromUser: string }[];
  /** Endpoints by which other labs' PBXs come in, each into a context. */
  peers?: readonly { name: string; context: string }[];
  /** Browsers may be phones: a websocket transport, ICE, endpoints made over ARI (`sorcery.conf`). */
  browserPhones?: boolean;
  /** Asterisk dials this address (`ws://…/asterisk/ws/main`) for the application `vigie`, as the samples say. */
  dials?: string;
  /** Modules that the lab leaves out otherwise (`noload` in modules.conf). */
  load?: readonly string[];
  /** Text to add to any other file, by file name. */
  append?: Record<string, string>;
}

export interface PbxChannel {
  name: string;
  context: string;
  exten: string;
  state: string;
  application: string;
  data: string;
  callerId: string;
  seconds: number;
  bridgeId: string;
  uniqueId: string;
}

/** The lab's PBX as Vigie's administrator knows it. */
export interface Pbx {
  readonly ariUrl: string;
  readonly ariUsername: string;
  readonly ariPassword: string;
  /** A second application's credentials, and a read-only user with the same password. */
  readonly secondAri: { username: string; password: string; readOnlyUsername: string };
  readonly amiPort: number;
  readonly amiUsername: string;
  readonly amiPassword: string;
  /** CSV, one event a line: see README. */
  readonly celFile: string;
  readonly cdrFile: string;
  readonly logFile: string;
  readonly sipPort: number;
  readonly pid: number | undefined;
  /** The lab's own ARI client for this PBX. */
  readonly ari: LabAri;
  readonly cliCommand: string;
  cli(command: string): Promise<string>;
  channels(): Promise<PbxChannel[]>;
  /** Stops it in an orderly way and starts it again; registrations are kept. */
  restart(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

const ariUsername = 'vigie';
const amiUsername = 'vigie';
const defaultChannelVars = 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS';

const secondPassword = (password: string) => `second-${password}`;

/** What the templates in `pbx/` are filled with. */
export function pbxValues(options: PbxOptions, ports: LabPorts, password: string, tones: string) {
  const vars = options.channelVars === undefined ? defaultChannelVars : options.channelVars;
  return {
    ariPort: ports.ari,
    ariUsername,
    ariPassword: password,
    secondAriPassword: secondPassword(password),
    channelvars: vars === null ? '' : `channelvars = ${vars}`,
    amiPort: ports.ami,
    amiUsername,
    amiPassword: password,
    rtpFirst: ports.rtp[0],
    rtpLast: ports.rtp[1],
    // Off where nobody needs it: every call would gather addresses for nothing.
    iceSupport: options.browserPhones ? 'yes' : 'no',
    celEnable: options.cel === false ? 'no' : 'yes',
    holdMusicHz,
    announcement: `${tones}/announcement`,
    vigieDialplan: options.dialplan ?? '',
  };
}

export function createPbx(asterisk: Asterisk, dirs: InstanceDirs, ports: LabPorts, password: string): Pbx {
  const ariUrl = `http://127.0.0.1:${ports.ari}/ari`;
  return {
    ariUrl,
    ariUsername,
    ariPassword: password,
    secondAri: { username: 'second', password: secondPassword(password), readOnlyUsername: 'reader' },
    amiPort: ports.ami,
    amiUsername,
    amiPassword: password,
    celFile: join(dirs.host, 'log/cel-custom/journal.csv'),
    cdrFile: join(dirs.host, 'log/cdr-csv/Master.csv'),
    logFile: asterisk.logFile,
    sipPort: ports.sip,
    get pid() {
      return asterisk.pid;
    },
    ari: createLabAri(ariUrl, ariUsername, password),
    cliCommand: asterisk.cliCommand,
    cli: asterisk.cli,
    channels: async () => parseChannels(await asterisk.cli('core show channels concise')),
    restart: async () => {
      await asterisk.stop();
      await asterisk.start();
    },
    kill: asterisk.kill,
    start: asterisk.start,
  };
}

/**
 * `core show channels concise`: fields parted by `!`. Application data may hold `!` itself, so the ends are counted
 * from both sides: seven fields before it, eight after the application's data.
 */
function parseChannels(text: string): PbxChannel[] {
  return text
    .split('\n')
    .filter((line) => line.includes('!'))
    .map((line) => {
      const fields = line.split('!');
      const [name = '', context = '', exten = '', , state = '', application = ''] = fields;
      const tail = fields.slice(-7);
      const [callerId = '', , , , seconds = '', bridgeId = '', uniqueId = ''] = tail;
      const data = fields.slice(6, -7).join('!');
      return {
        name,
        context,
        exten,
        state,
        application,
        data,
        callerId,
        seconds: Number(seconds),
        bridgeId,
        uniqueId,
      };
    });
}
