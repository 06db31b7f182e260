import { AriFailure, type LabAri } from './ari.ts';
import { waitFor } from './tools.ts';

/** What a PBX on the same machine needs to take a REFER and say so. */
const referTakenMs = 250;

/** How a phone's call ended, seen from the phone. */
export interface CallEnd {
  /** Q.850, and SIP's status when the call never was. */
  cause: number;
  causeText: string;
  sipCode: number | undefined;
  at: number;
  /** This phone hung up, cancelled or declined; false: the PBX ended it. */
  byUs: boolean;
}

/** One call of one phone. Times are `Date.now()` milliseconds, as Asterisk's events tell them. */
export interface PhoneCall {
  readonly id: string;
  /** `1001`, or `outside` for the customers' world. */
  readonly phone: string;
  readonly direction: 'out' | 'in';
  /** The number dialled. */
  readonly to: string;
  /** Who called, as this phone sees it (calls received), else the caller's number given. */
  readonly from: { number: string; name: string };
  readonly startedAt: number;
  readonly answeredAt: number | undefined;
  readonly answered: Promise<void>;
  readonly ended: Promise<CallEnd>;
  readonly end: CallEnd | undefined;
  /** The caller asked this phone to answer by itself (Call-Info or Alert-Info). */
  readonly autoAnswerAsked: boolean;
  /** What the other side keyed, as it arrives. */
  readonly digits: string;
  toneHz: number;
  /** This phone's RTP port while the call is up: what is sent to it is what it hears. */
  readonly rtpPort: number | undefined;
  waitAnswered(limitMs?: number): Promise<void>;
  /** Waits for the end, or fails after `limitMs`. */
  waitEnded(limitMs?: number): Promise<CallEnd>;
  answer(): Promise<void>;
  hangup(cause?: number): Promise<void>;
  /** Refuses a ringing call with this SIP status (400–699). */
  decline(sipCode?: number): Promise<void>;
  /** Plays another tone, or none. */
  play(toneHz: number | null): Promise<void>;
  hold(): Promise<void>;
  unhold(): Promise<void>;
  sendDtmf(digits: string): Promise<void>;
  /** REFER to a number of the PBX; the call ends when the PBX has taken over. A 302 before the answer. */
  blindTransfer(to: string): Promise<void>;
  /** REFER with Replaces: this call's party is joined to the party of `other`, a call of the same phone. */
  attendedTransfer(other: PhoneCall): Promise<void>;
  /** SIP's own names of this call: Call-ID and tags. */
  sipDialog(): Promise<{ callId: string; localTag: string; remoteTag: string }>;
}

interface PhoneCallSeed {
  id: string;
  phone: string;
  direction: 'out' | 'in';
  to: string;
  from: { number: string; name: string };
  toneHz: number;
  startedAt: number;
  autoAnswerAsked: boolean;
  pbxSip: string;
}

/** A call plus what its exchange tells it. */
export interface PhoneCallControl {
  call: PhoneCall;
  /** The channel is up: find the RTP port, start the tone. */
  onAnswered(atMs: number): Promise<void>;
  onDigit(digit: string): void;
  onEnded(end: Omit<CallEnd, 'byUs'>): void;
}

export function createPhoneCall(ari: LabAri, seed: PhoneCallSeed): PhoneCallControl {
  const answered = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<CallEnd>();
  answered.promise.catch(() => {});
  let toneHz = seed.toneHz;
  let digits = '';
  let answeredAt: number | undefined;
  let end: CallEnd | undefined;
  let rtpPort: number | undefined;
  let hungUpByUs = false;
  const path = `/channels/${seed.id}`;

  const variable = async (name: string): Promise<string> =>
    (await ari.request<{ value: string }>('GET', `${path}/variable`, { variable: name })).value;

  const play = async (hz: number | null) => {
    if (hz === null) return void (await ari.request('DELETE', `${path}/moh`));
    toneHz = hz;
    await ari.request('POST', `${path}/moh`, { mohClass: `tone${hz}` });
  };

  const sipDialog = async () => {
    const names = ['call-id', 'local_tag', 'remote_tag'].map((name) => variable(`CHANNEL(pjsip,${name})`));
    const [callId = '', localTag = '', remoteTag = ''] = await Promise.all(names);
    return { callId, localTag, remoteTag };
  };

  /** Before the answer a 302, which ends the call. After it REFER: as phones do, we hang up once that was taken. */
  const refer = async (target: string) => {
    await ari.request('POST', `${path}/redirect`, { endpoint: `PJSIP/${target}` });
    if (answeredAt === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, referTakenMs));
    await call.hangup();
  };

  const call: PhoneCall = {
    ...seed,
    answered: answered.promise,
    ended: ended.promise,
    get answeredAt() {
      return answeredAt;
    },
    get end() {
      return end;
    },
    get digits() {
      return digits;
    },
    get rtpPort() {
      return rtpPort;
    },
    get toneHz() {
      return toneHz;
    },
    waitAnswered: (limitMs = 10_000) =>
      within(answered.promise, `${seed.phone} → ${seed.to} to be answered`, limitMs),
    waitEnded: (limitMs = 10_000) => within(ended.promise, `${seed.phone} → ${seed.to} to end`, limitMs),
    answer: async () => {
      await ari.request('POST', `${path}/answer`);
    },
    hangup: async (cause) => {
      hungUpByUs = true;
      await ari.request('DELETE', path, cause ? { reason_code: String(cause) } : {}).catch(unlessGone);
    },
    decline: async (sipCode = 603) => {
      hungUpByUs = true;
      await ari.request('POST', `${path}/continue`, {
        context: 'decline',
        extension: String(sipCode),
        priority: '1',
      });
    },
    play,
    hold: async () => {
      await play(null);
      await ari.request('POST', `${path}/hold`);
    },
    unhold: async () => {
      await ari.request('DELETE', `${path}/hold`);
      await play(toneHz);
    },
    sendDtmf: async (keys) => {
      await ari.request('POST', `${path}/dtmf`, { dtmf: keys, between: '100', duration: '120' });
    },
    blindTransfer: (to) => refer(`sip:${to}@${seed.pbxSip}`),
    attendedTransfer: async (other) => {
      const { callId, localTag, remoteTag } = await other.sipDialog();
      const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
      await refer(`sip:${other.to}@${seed.pbxSip}?Replaces=${replaces}`);
      await other.hangup();
    },
    sipDialog,
  };

  return {
    call,
    async onAnswered(atMs) {
      if (answeredAt !== undefined) return;
      answeredAt = atMs;
      const started = play(toneHz);
      const source = await waitFor('an RTP port', () => variable('CHANNEL(rtp,src)'), 2_000);
      rtpPort = Number(source.split(':').at(-1));
      await started;
      answered.resolve();
    },
    onDigit(digit) {
      digits += digit;
    },
    onEnded(cause) {
      end = { ...cause, byUs: hungUpByUs };
      answered.reject(
        new Error(`${seed.phone} → ${seed.to} ended unanswered: ${cause.cause} ${cause.causeText}`),
      );
      ended.resolve(end);
    },
  };
}

function within<T>(promise: Promise<T>, what: string, limitMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms in vain for ${what}`)), limitMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Hanging up what is already over is fine. */
function unlessGone(error: unknown): void {
  if (!(error instanceof AriFailure && error.status === 404)) throw error;
}
