import { randomUUID } from 'node:crypto';
import { createAmi } from './adapters/ami/ami.ts';
import { sipSocketAddress } from './adapters/ari/sip-socket.ts';
import { createAriTelephony } from './adapters/ari/telephony.ts';
import type { DoorGuest } from './adapters/asterisk-door/door.ts';
import { type CelNeeds, createCelJournal } from './adapters/cel/cel.ts';
import type { CelSource } from './adapters/cel/cel-source.ts';
import { type Collected, createCollected } from './adapters/cel/collected.ts';
import { createFileSource } from './adapters/cel/file-source.ts';
import { createKeptPosition, type KeptPosition } from './adapters/cel/kept-position.ts';
import { openCelTable } from './adapters/cel/open-table.ts';
import { createTableSource } from './adapters/cel/table-source.ts';
import type { CelConfig, PbxConfig } from './pbx-config.ts';
import type { Clock } from './ports/clock.ts';
import type { EventLog } from './ports/event-log.ts';
import type { Log } from './ports/log.ts';
import { createOurClock } from './ports/our-clock.ts';
import type { PhoneAccounts } from './ports/phones.ts';
import type { QueueCommands, TelephonyCommands } from './ports/telephony.ts';
import type { TelephonyFact } from './ports/telephony-facts.ts';
import { serverMark } from './server-mark.ts';

/** Where facts of one PBX come from, and who carries out commands. */
export interface PbxSource {
  readonly name: string;
  readonly amiConfigured: boolean;
  commands: TelephonyCommands;
  /** Null without AMI. */
  queues: QueueCommands | null;
  phoneAccounts: PhoneAccounts;
  /** Asterisk's SIP websocket, beside its ARI. */
  readonly sipSocket: string;
  /** Where what an agent's browser phone dials goes; null: it only receives. */
  readonly phoneContext: string | null;
  /** How Asterisk is let in when it dials us; null when we dial it. */
  readonly doorGuest: DoorGuest | null;
  /** Takes the PBX's journal as it is sent to us; null when it is not. */
  readonly collected: Collected | null;
  /** True once ARI was connected or has said why not: the server has looked. */
  wasTried(): boolean;
  /** `mayReplace`: the PBX is this server's, whoever still holds our application's name there. */
  start(onFact: (fact: TelephonyFact) => void, how?: { mayReplace: boolean }): Promise<void>;
  watchQueues(names: readonly string[]): void;
  stop(): Promise<void>;
}

export interface PbxSourceDeps {
  clock: Clock;
  log: Log;
  /** Keeps what is read. */
  factLog: Pick<EventLog, 'openSource' | 'add'>;
  /** Where the place in the PBX's own journal is kept. */
  dataDir: string;
  needs: CelNeeds;
  /** Where that place is known to other servers too. Default: on this disk alone. */
  shareKept?: (pbx: string, local: KeptPosition) => KeptPosition;
}

/** ARI, AMI and the PBX's own journal where they are configured, as one source of facts. */
export function createPbxSource(
  pbx: PbxConfig,
  { clock, log, factLog, dataDir, needs, shareKept }: PbxSourceDeps,
): PbxSource {
  const ami = pbx.ami ? createAmi({ name: pbx.name, ami: pbx.ami, clock, log }) : null;
  const doorGuest = doorGuestOf(pbx);
  const ari = createAriTelephony({
    name: pbx.name,
    ari: { ...pbx.ari, ...(doorGuest ? { doorPath: doorGuest.readerPath } : {}) },
    log,
    factLog,
    mark: serverMark,
    needsMembership: () => !ami?.isConnected,
    needsDeviceStates: () => !ami?.tellsDeviceStates,
    redirect: ami?.redirect,
  });
  const ourClock = createOurClock();
  const { name } = pbx;
  const ownKept = createKeptPosition(dataDir, name);
  const kept = shareKept ? shareKept(name, ownKept) : ownKept;
  const collected =
    pbx.cel && 'token' in pbx.cel
      ? createCollected({ pbx: name, token: pbx.cel.token, dataDir, kept })
      : null;
  const source = collected?.source ?? (pbx.cel && celSourceOf(pbx.cel));
  const cel = source && createCelJournal({ name, source, kept, needs, clock, log });
  let tried = false;
  return {
    name: pbx.name,
    amiConfigured: ami !== null,
    commands: ari.commands,
    queues: ami?.queues ?? null,
    phoneAccounts: ari.phoneAccounts,
    phoneContext: pbx.phoneContext,
    sipSocket: sipSocketAddress(pbx.ari.url),
    doorGuest,
    collected,
    wasTried: () => tried,
    watchQueues: (names) => ari.watchQueues(names),
    async start(onFact, how) {
      // ARI's reader keeps its own.
      const keptFact = (fact: TelephonyFact) => {
        factLog.add(fact);
        onFact(fact);
      };
      // Before ARI: what ends while it connects is in the journal.
      await cel?.start(keptFact);
      await ari.start((fact) => {
        if (fact.kind === 'resynced' || fact.kind === 'pbx-lost') tried = true;
        if (fact.kind === 'pbx-connected' && fact.clockAheadMs !== undefined)
          ourClock.learn(fact.clockAheadMs);
        cel?.notice(fact);
        onFact(fact);
      }, how);
      ami?.start((fact) => keptFact(ourClock.translate(fact)));
    },
    async stop() {
      await Promise.all([ari.stop(), ami?.stop(), cel?.stop()]);
    },
  };
}

function celSourceOf(cel: CelConfig): CelSource | null {
  if ('file' in cel) return createFileSource(cel.file);
  if ('url' in cel) return createTableSource(openCelTable(cel.url));
  return null;
}

/** The reader listens on a Unix socket without a file (Linux): nothing is left behind by a server that was killed. */
function doorGuestOf({ name, ari }: PbxConfig): DoorGuest | null {
  if (ari.transport !== 'outbound') return null;
  const { username, password } = ari;
  return { name, username, password, readerPath: `\0vigie-door-${randomUUID()}` };
}
