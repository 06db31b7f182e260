import type { AriEvent, AriSession } from '../../asterisk-ari-client/index.ts';
import type { Log } from '../../ports/log.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import type { HelperTurns } from './helper-turns.ts';
import { readMembership } from './membership-reading.ts';
import { queueNamesIn } from './queue-names.ts';

/** Adding or removing a member raises no ARI event: known queues are read this often. */
const roundEveryMs = 8000;
/** What hints at a change hastens the next round; rounds stay this far apart. */
const roundApartMs = 1000;
const queuesMax = 500;

export interface MembershipOptions {
  client(): AriSession;
  helper: HelperTurns;
  log: Log;
  /** False while another source (AMI) tells the membership: nothing is asked then. */
  isNeeded(): boolean;
  pbxNowMs(): number;
  emit(body: FactBody, atMs: number): void;
}

/** Who is in which queue, where only ARI tells: at most one helper channel per round, none without a known queue. */
export interface Membership {
  watch(names: readonly string[]): void;
  notice(event: AriEvent): void;
  /** The devices by which Asterisk shows the pauses of the members told last. */
  pauseDevices(): string[];
  /** The PBX has been read anew: everything is told again, now and then every round. */
  resume(): void;
  pause(): void;
}

export function createMembership({
  client,
  helper,
  log,
  isNeeded,
  pbxNowMs,
  emit,
}: MembershipOptions): Membership {
  const queues = new Set<string>();
  /** What was told last, by queue. */
  let told = new Map<string, string>();
  let pauses: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let rounds = 0;
  let lastRoundAt = 0;
  let isFailing = false;

  function add(name: string): void {
    if (!name || queues.has(name) || queues.size >= queuesMax) return;
    queues.add(name);
    hasten();
  }

  function hasten(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    wait(Math.max(0, lastRoundAt + roundApartMs - performance.now()));
  }

  function wait(ms: number): void {
    const own = rounds;
    timer = setTimeout(() => void round(own), ms);
  }

  async function round(own: number): Promise<void> {
    timer = undefined;
    lastRoundAt = performance.now();
    try {
      if (queues.size > 0 && isNeeded()) await readOnce(own);
      else told.clear();
      isFailing = false;
    } catch (error) {
      log[isFailing ? 'debug' : 'warn']({ err: error }, 'Queue membership could not be read; trying again');
      isFailing = true;
    }
    if (own === rounds) wait(roundEveryMs);
  }

  async function readOnce(own: number): Promise<void> {
    const atMs = pbxNowMs();
    const found = await helper(client(), (read) => readMembership(read, [...queues]));
    if (own !== rounds) return;
    pauses = [...found].flatMap(([queue, members]) =>
      members.map((member) => `Queue:${queue}_pause_${member.interface}`),
    );
    for (const [queue, members] of found) {
      const text = JSON.stringify(members);
      if (told.get(queue) === text) continue;
      told.set(queue, text);
      emit({ kind: 'queue-members', queue, members }, atMs);
    }
    for (const queue of [...told.keys()].filter((name) => !found.has(name))) {
      told.delete(queue);
      emit({ kind: 'queue-members', queue, members: [] }, atMs);
    }
  }

  function pause(): void {
    rounds += 1;
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    watch(names) {
      for (const name of names) add(name);
    },
    notice(event) {
      for (const name of queueNamesIn(event)) add(name);
    },
    pauseDevices: () => [...pauses],
    resume() {
      pause();
      told = new Map();
      void round(rounds);
    },
    pause,
  };
}
