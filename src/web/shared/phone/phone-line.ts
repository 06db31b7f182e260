import { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { RTCSessionEvent } from 'jssip/lib/UA';
import { type PhoneConnection, phoneGateCloses } from '../../../contract/phones.ts';
import { GateSocket } from './gate-socket.ts';
import { PhoneCall } from './phone-call.ts';
import { phoneStore, setPhone } from './phone-state.ts';

/** Part of the Call-Info of every leg that Vigie rings for a supervision. */
const ownCallInfo = /<sip:vigie\.invalid>.*answer-after=0/;
const expectWaitMs = 3_000;
const expectEveryMs = 10;
const registerExpiresS = 300;
const retryMinS = 1;
const retryMaxS = 15;

export interface LineOptions {
  first: PhoneConnection;
  fetchConnection: () => Promise<PhoneConnection>;
  /** A supervision of this person is about to ring, or runs: its leg answers by itself. */
  expectsSupervision: () => boolean;
  /** Whether a supervision's mode is one that speaks. */
  speaks: () => boolean;
  /** The gate said that this page is not the phone any more. */
  onLost: (link: 'elsewhere' | 'refused') => void;
}

/** The line to the PBX through our gate: stays connected, and takes one call at a time. Loaded only when wanted. */
export class PhoneLine {
  readonly #options: LineOptions;
  readonly #ua: UA;
  #latest: PhoneConnection;
  #isFirst = true;
  #call: PhoneCall | null = null;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#latest = options.first;
    const { sip } = options.first;
    this.#ua = new UA({
      sockets: new GateSocket({
        fetchConnection: () => this.#nextConnection(),
        onClose: (code) => this.#closed(code),
      }),
      uri: sip.uri,
      // Ours as the other side names it within a call: the gate lets nobody speak under another name.
      contact_uri: `sip:${sip.username}@${randomName()}.invalid;transport=ws`,
      authorization_user: sip.username,
      password: sip.password,
      register: true,
      register_expires: registerExpiresS,
      session_timers: false,
      connection_recovery_min_interval: retryMinS,
      connection_recovery_max_interval: retryMaxS,
    });
    this.#ua.on('registered', () => setPhone({ link: 'connected', problem: null }));
    this.#ua.on('disconnected', () => {
      if (phoneStore.get().link === 'connected') setPhone({ link: 'connecting' });
    });
    this.#ua.on('newRTCSession', ({ session, originator, request }: RTCSessionEvent) => {
      if (originator === 'remote') this.#ring(session, String(request.getHeader('Call-Info') ?? ''));
    });
    this.#ua.start();
  }

  get call(): PhoneCall | null {
    return this.#call;
  }

  /** Dials, where the PBX lets this phone dial. */
  dial(number: string, microphone: MediaStreamTrack): void {
    if (this.#call) return;
    const session = this.#ua.call(`sip:${encodeURIComponent(number)}@vigie.invalid`, {
      mediaStream: new MediaStream([microphone]),
      pcConfig: { iceServers: this.#latest.iceServers },
    });
    this.#take(session, 'call', 'out');
  }

  /** TURN credentials of the next calls. */
  async refresh(): Promise<void> {
    this.#latest = await this.#options.fetchConnection();
  }

  stop(): void {
    this.#call?.hangUp();
    this.#ua.stop();
  }

  #ring(session: RTCSession, callInfo: string): void {
    if (this.#call) {
      session.terminate({ status_code: 486 });
      return;
    }
    if (!ownCallInfo.test(callInfo)) this.#take(session, 'call', 'in');
    else void this.#ringForSupervision(session);
  }

  /** The leg may ring before the page has heard of the supervision that it is for. */
  async #ringForSupervision(session: RTCSession): Promise<void> {
    const deadline = performance.now() + expectWaitMs;
    while (!this.#options.expectsSupervision() && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, expectEveryMs));
    if (session.isEnded() || this.#call) return;
    const isSupervision = this.#options.expectsSupervision();
    const call = this.#take(session, isSupervision ? 'supervision' : 'call', 'in');
    if (isSupervision) call.answer();
  }

  #take(session: RTCSession, kind: 'supervision' | 'call', direction: 'in' | 'out'): PhoneCall {
    const call = new PhoneCall({
      session,
      kind,
      direction,
      iceServers: this.#latest.iceServers,
      wantsToSpeak: kind === 'call' ? () => true : this.#options.speaks,
      onEnd: () => {
        if (this.#call === call) this.#call = null;
      },
    });
    this.#call = call;
    return call;
  }

  async #nextConnection(): Promise<PhoneConnection> {
    if (this.#isFirst) {
      this.#isFirst = false;
      return this.#latest;
    }
    this.#latest = await this.#options.fetchConnection();
    this.#ua.set('password', this.#latest.sip.password);
    return this.#latest;
  }

  #closed(code: number): void {
    if (code !== phoneGateCloses.replaced && code !== phoneGateCloses.notAllowed) return;
    this.stop();
    this.#options.onLost(code === phoneGateCloses.replaced ? 'elsewhere' : 'refused');
  }
}

/** A host of its own for each page, as RFC 7118 has it. */
const randomName = (): string =>
  [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
