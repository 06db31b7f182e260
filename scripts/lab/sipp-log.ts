import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One call as the load generator's own message log tells it. Times in `Date.now()` milliseconds with fractions. */
export interface LoadCall {
  callId: string;
  dialled: string;
  callerId: string;
  startedAt: number;
  ringingAt: number | undefined;
  answeredAt: number | undefined;
  endedAt: number | undefined;
  /** caller, callee: who said BYE; cancelled: by the caller; refused: by a final answer other than 2xx. */
  ending: 'caller' | 'callee' | 'cancelled' | 'refused' | 'open';
  /** SIP's final status of the INVITE. */
  status: number | undefined;
}

interface Message {
  atMs: number;
  sent: boolean;
  head: string;
  headers: Record<string, string>;
}

/** Reads the `-trace_msg` file of a calling SIPp and tells each call's story, in order of their start. */
export async function readCallLog(file: string): Promise<LoadCall[]> {
  const calls = new Map<string, LoadCall>();
  for await (const message of messagesOf(file)) tell(calls, message);
  return [...calls.values()];
}

async function* messagesOf(file: string): AsyncGenerator<Message> {
  let message: Message | undefined;
  let inHead = false;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const time = /^-{20,} (\d{4}-\d\d-\d\d)[\sT]+(\d\d:\d\d:\d\d\.\d+)/.exec(line);
    if (time) {
      if (message?.head) yield message;
      message = { atMs: parseTime(time[1]!, time[2]!), sent: false, head: '', headers: {} };
      inHead = true;
    } else if (message && inHead) {
      if (/^(UDP|TCP) message /.test(line)) message.sent = line.includes('message sent');
      else if (line === '' && message.head !== '') inHead = false;
      else if (message.head === '') message.head = line;
      else {
        const colon = line.indexOf(':');
        message.headers[line.slice(0, colon).toLowerCase()] ??= line.slice(colon + 1).trim();
      }
    }
  }
  if (message?.head) yield message;
}

function parseTime(day: string, time: string): number {
  const [whole = '', fraction = '0'] = time.split('.');
  return new Date(`${day}T${whole}`).getTime() + Number(`0.${fraction}`) * 1000;
}

function tell(calls: Map<string, LoadCall>, { atMs, sent, head, headers }: Message): void {
  const callId = headers['call-id'] ?? '';
  const call = calls.get(callId);
  if (!call) {
    if (sent && head.startsWith('INVITE ')) calls.set(callId, newCall(callId, atMs, head, headers));
    return;
  }
  const status = Number(/^SIP\/2\.0 (\d{3})/.exec(head)?.[1] ?? 0);
  const ofInvite = headers['cseq']?.endsWith('INVITE') ?? false;
  if (!sent && ofInvite && status >= 180 && status < 190) call.ringingAt ??= atMs;
  if (!sent && ofInvite && status >= 200 && call.status === undefined) {
    call.status = status;
    if (status < 300) call.answeredAt = atMs;
    else if (call.ending === 'open') end(call, 'refused', atMs);
  }
  if (head.startsWith('CANCEL ')) end(call, 'cancelled', atMs);
  if (head.startsWith('BYE ')) end(call, sent ? 'caller' : 'callee', atMs);
}

function newCall(callId: string, atMs: number, head: string, headers: Record<string, string>): LoadCall {
  return {
    callId,
    dialled: /sip:([^@]+)@/.exec(head)?.[1] ?? '',
    callerId: /sip:([^@]+)@/.exec(headers['p-asserted-identity'] ?? '')?.[1] ?? '',
    startedAt: atMs,
    ringingAt: undefined,
    answeredAt: undefined,
    endedAt: undefined,
    ending: 'open',
    status: undefined,
  };
}

function end(call: LoadCall, ending: LoadCall['ending'], atMs: number): void {
  if (call.ending !== 'open') return;
  call.ending = ending;
  call.endedAt = atMs;
}
