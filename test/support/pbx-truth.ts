/** What the PBX itself says, read from its command line: `core show channels` and `queue show`. */
import type { Pbx, PbxChannel } from '../../scripts/lab/pbx.ts';

/** A phone by its channels. `other`: dialling out, or with the dialplan alone: neither ringing nor talking to anybody. */
export type PhoneTruth = 'idle' | 'ringing' | 'talking' | 'other';
export interface QueueTruth {
  members: Map<string, { paused: boolean }>;
  callers: number;
}
export interface PbxTruth {
  /** When the PBX was asked and when it had answered, `performance.now()`. */
  fromMs: number;
  toMs: number;
  phone(device: string): PhoneTruth;
  queues: Map<string, QueueTruth>;
}

export async function readPbxTruth(pbx: Pbx): Promise<PbxTruth> {
  const fromMs = performance.now();
  const [channels, queues] = await Promise.all([pbx.channels(), pbx.cli('queue show')]);
  const toMs = performance.now();
  return { fromMs, toMs, phone: (device) => phoneTruth(channels, device), queues: parseQueues(queues) };
}

function phoneTruth(channels: readonly PbxChannel[], device: string): PhoneTruth {
  const own = channels.filter((channel) => channel.name.replace(/-[0-9a-f]+$/, '') === device);
  if (own.some((channel) => channel.state === 'Up' && channel.bridgeId !== '')) return 'talking';
  if (own.some((channel) => channel.state === 'Ringing')) return 'ringing';
  return own.length > 0 ? 'other' : 'idle';
}

/**
 * ```
 * sales has 1 calls (max unlimited) in 'rrmemory' strategy (…)
 *    Members:
 *       Alice Martin (PJSIP/1001) (ringinuse disabled) (paused:lunch was 3 secs ago) (Not in use) has taken no calls yet
 *       PJSIP/1010 (ringinuse disabled) (dynamic) (Not in use) has taken no calls yet
 *    Callers:
 *       1. PJSIP/trunk-00000001 (wait: 0:02, prio: 0)
 * ```
 */
function parseQueues(text: string): Map<string, QueueTruth> {
  const queues = new Map<string, QueueTruth>();
  let queue: QueueTruth | undefined;
  for (const line of text.split('\n')) {
    const name = /^(\S+) has \d+ calls/.exec(line)?.[1];
    if (name) {
      queue = { members: new Map(), callers: 0 };
      queues.set(name, queue);
    }
    if (/^\s+\d+\. \S/.test(line) && queue) queue.callers += 1;
    const member = memberOf(line);
    if (member && queue) queue.members.set(member, { paused: /\(paused/.test(line) });
  }
  return queues;
}

/** The interface of a member's line; a member without a name of his own has nothing in parentheses. */
function memberOf(line: string): string | undefined {
  if (!/^\s{6}\S.* has taken /.test(line)) return undefined;
  const named = /\(((?:PJSIP|Local|hint:)[^\s)]*)(?: from [^)]*)?\)/.exec(line)?.[1];
  return named ?? /^\s+(\S+)/.exec(line)?.[1];
}
