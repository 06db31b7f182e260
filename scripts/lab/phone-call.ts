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

export interface PhoneCallSeed {
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

/** A call of a phone whose Asterisk we drive over ARI. What begins with `on` its exchange tells it. */
export class AriPhoneCall implements PhoneCall {
  readonly id: string;
  readonly phone: string;
  readonly direction: 'out' | 'in';
  readonly to: string;
  readonly from: { number: string; name: string };
  readonly startedAt: number;
  readonly autoAnswerAsked: boolean;
  answeredAt: number | undefined;
  end: CallEnd | undefined;
  digits = '';
  toneHz: number;
  rtpPort: number | undefined;
  private readonly ari: LabAri;
  private readonly path: string;
  private readonly pbxSip: string;
  private readonly answering = Promise.withResolvers<void>();
  private readonly ending = Promise.withResolvers<CallEnd>();
  private hungUpByUs = false;

  constructor(ari: LabAri, seed: PhoneCallSeed) {
    this.ari = ari;
    this.path = `/channels/${seed.id}`;
    this.id = seed.id;
    this.phone = seed.phone;
    this.direction = seed.direction;
    this.to = seed.to;
    this.from = seed.from;
    this.startedAt = seed.startedAt;
    this.autoAnswerAsked = seed.autoAnswerAsked;
    this.toneHz = seed.toneHz;
    this.pbxSip = seed.pbxSip;
    // Most calls are never asked whether they were answered.
    this.answering.promise.catch(() => {});
  }

  get answered(): Promise<void> {
    return this.answering.promise;
  }

  get ended(): Promise<CallEnd> {
    return this.ending.promise;
  }

  waitAnswered(limitMs = 10_000): Promise<void> {
    return within(this.answered, `${this.phone} → ${this.to} to be answered`, limitMs);
  }

  waitEnded(limitMs = 10_000): Promise<CallEnd> {
    return within(this.ended, `${this.phone} → ${this.to} to end`, limitMs);
  }

  answer(): Promise<void> {
    return this.ask('POST', '/answer');
  }

  async hangup(cause?: number): Promise<void> {
    this.hungUpByUs = true;
    await this.ask('DELETE', '', cause ? { reason_code: String(cause) } : {}).catch(unlessGone);
  }

  decline(sipCode = 603): Promise<void> {
    this.hungUpByUs = true;
    return this.ask('POST', '/continue', { context: 'decline', extension: String(sipCode), priority: '1' });
  }

  play(hz: number | null): Promise<void> {
    if (hz === null) return this.ask('DELETE', '/moh');
    this.toneHz = hz;
    return this.ask('POST', '/moh', { mohClass: `tone${hz}` });
  }

  async hold(): Promise<void> {
    await this.play(null);
    await this.ask('POST', '/hold');
  }

  async unhold(): Promise<void> {
    await this.ask('DELETE', '/hold');
    await this.play(this.toneHz);
  }

  sendDtmf(keys: string): Promise<void> {
    return this.ask('POST', '/dtmf', { dtmf: keys, between: '100', duration: '120' });
  }

  blindTransfer(to: string): Promise<void> {
    return this.refer(`sip:${to}@${this.pbxSip}`);
  }

  async attendedTransfer(other: PhoneCall): Promise<void> {
    const { callId, localTag, remoteTag } = await other.sipDialog();
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    await this.refer(`sip:${other.to}@${this.pbxSip}?Replaces=${replaces}`);
    await other.hangup();
  }

  async sipDialog(): Promise<{ callId: string; localTag: string; remoteTag: string }> {
    const names = ['call-id', 'local_tag', 'remote_tag'].map((name) => `CHANNEL(pjsip,${name})`);
    const values = await Promise.all(names.map((name) => this.variable(name)));
    const [callId = '', localTag = '', remoteTag = ''] = values;
    return { callId, localTag, remoteTag };
  }

  /** The phone rings and says so (180). */
  ring(): Promise<void> {
    return this.ask('POST', '/ring');
  }

  /** The channel is up: start the tone, find the RTP port. */
  async onAnswered(atMs: number): Promise<void> {
    if (this.answeredAt !== undefined) return;
    this.answeredAt = atMs;
    const started = this.play(this.toneHz);
    // The call may be gone before the port is known; `started` is awaited below all the same.
    started.catch(() => {});
    const source = await waitFor('an RTP port', () => this.variable('CHANNEL(rtp,src)'), 2_000);
    this.rtpPort = Number(source.split(':').at(-1));
    await started;
    this.answering.resolve();
  }

  onDigit(digit: string): void {
    this.digits += digit;
  }

  onEnded(end: Omit<CallEnd, 'byUs'>): void {
    this.end = { ...end, byUs: this.hungUpByUs };
    const why = `${this.phone} → ${this.to} ended unanswered: ${end.cause} ${end.causeText}`;
    this.answering.reject(new Error(why));
    this.ending.resolve(this.end);
  }

  /** Before the answer a 302, which ends the call. After it REFER: as phones do, we hang up once that was taken. */
  private async refer(target: string): Promise<void> {
    await this.ask('POST', '/redirect', { endpoint: `PJSIP/${target}` });
    if (this.answeredAt === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, referTakenMs));
    await this.hangup();
  }

  private async variable(name: string): Promise<string> {
    const query = { variable: name };
    return (await this.ari.request<{ value: string }>('GET', `${this.path}/variable`, query)).value;
  }

  private async ask(method: string, what: string, query: Record<string, string> = {}): Promise<void> {
    await this.ari.request(method, `${this.path}${what}`, query);
  }
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
