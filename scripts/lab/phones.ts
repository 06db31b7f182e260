import { randomUUID } from 'node:crypto';
import { type AriChannel, type AriEvent, AriFailure, type LabAri } from './ari.ts';
import { AriPhoneCall, type PhoneCall, type PhoneCallSeed } from './phone-call.ts';
import { phoneEndpoint } from './pjsip.ts';
import { type Behaviour, type Codec, customerToneHz, outsideBehaviour, type PhoneSpec } from './roster.ts';
import { waitFor } from './tools.ts';

export interface CallOrder {
  /** `customer` calls by the trunk; a number calls from that phone. */
  from: string;
  /** A customer's number; default a random French one. */
  callerId?: string;
  callerName?: string;
  to: string;
  toneHz?: number;
  /** A customer's codec; phones have their own. */
  codec?: Codec;
}

const logMax = 20_000;

/** The lab's phones: what they do when called, what they dial. */
export interface Phones {
  readonly roster: PhoneSpec[];
  /** The calls the phones had, in order (the last 20,000), for comparing with what others wrote down. */
  readonly log: PhoneCall[];
  /** How a phone treats its next calls; also for an outside number. */
  behave(number: string, behaviour: Partial<Behaviour>): void;
  /** Dials and returns at once; the call may still be ringing. */
  call(order: CallOrder): Promise<PhoneCall>;
  /** The next call that arrives at this phone (or outside number) from now on. */
  nextCall(number: string, limitMs?: number): Promise<PhoneCall>;
  /** The calls this phone has now. */
  callsOf(number: string): PhoneCall[];
  hangupAll(): Promise<void>;
  close(): void;
}

/** Opens the phones' exchange: from now on they do with calls what they were told to. */
export async function createPhones(ari: LabAri, roster: PhoneSpec[], pbxSip: string): Promise<Phones> {
  const exchange = new Exchange(ari, roster, pbxSip);
  await exchange.open();
  return exchange;
}

const usedEvents = ['StasisStart', 'ChannelStateChange', 'ChannelDtmfReceived', 'ChannelDestroyed'];

class Exchange implements Phones {
  readonly roster: PhoneSpec[];
  readonly log: PhoneCall[] = [];
  private readonly ari: LabAri;
  private readonly pbxSip: string;
  private readonly specs: Map<string, PhoneSpec>;
  private readonly behaviours: Map<string, Behaviour>;
  private readonly current = new Map<string, AriPhoneCall>();
  private readonly awaited = new Set<{ number: string; call: PhoneCall | undefined }>();
  private socket: { close(): void } | undefined;

  constructor(ari: LabAri, roster: PhoneSpec[], pbxSip: string) {
    this.ari = ari;
    this.roster = roster;
    this.pbxSip = pbxSip;
    this.specs = new Map(roster.map((phone) => [phone.number, phone]));
    this.behaviours = new Map(roster.map((phone) => [phone.number, { ...phone.behaviour }]));
  }

  async open(): Promise<void> {
    this.socket = await this.ari.events('phones', (event) => this.onEvent(event));
    const allowed = usedEvents.map((type) => ({ type }));
    await this.ari.request('PUT', '/applications/phones/eventFilter', {}, { allowed });
  }

  close(): void {
    this.socket?.close();
  }

  behave(number: string, behaviour: Partial<Behaviour>): void {
    this.behaviours.set(number, { ...this.behaviourOf(number), ...behaviour });
  }

  async call(order: CallOrder): Promise<PhoneCall> {
    const spec = this.specs.get(order.from);
    if (!spec && order.from !== 'customer') throw new Error(`the lab has no phone ${order.from}`);
    const number = spec?.number ?? order.callerId ?? anyMobile();
    const name = order.callerName ?? spec?.name ?? '';
    const call = this.remember({
      id: `lab-${randomUUID()}`,
      phone: spec?.number ?? 'outside',
      direction: 'out',
      to: order.to,
      from: { number, name },
      toneHz: order.toneHz ?? spec?.toneHz ?? customerToneHz,
      startedAt: Date.now(),
      autoAnswerAsked: false,
    });
    const endpoint = spec ? phoneEndpoint(spec.number, 0) : `trunk-${order.codec ?? 'slin16'}`;
    try {
      await this.ari.request('POST', '/channels', {
        channelId: call.id,
        endpoint: `PJSIP/${order.to}@${endpoint}`,
        app: 'phones',
        appArgs: 'out',
        timeout: '-1',
        callerId: `"${name.replaceAll('"', "'")}" <${number}>`,
      });
    } catch (error) {
      this.current.delete(call.id);
      call.onEnded({ cause: 0, causeText: 'never dialled', sipCode: undefined, at: Date.now() });
      throw error;
    }
    return call;
  }

  async nextCall(number: string, limitMs = 10_000): Promise<PhoneCall> {
    const one = { number, call: undefined as PhoneCall | undefined };
    this.awaited.add(one);
    const arrival = waitFor(`a call to arrive at ${number}`, () => one.call, limitMs, 5);
    return arrival.finally(() => this.awaited.delete(one));
  }

  callsOf(number: string): PhoneCall[] {
    return [...this.current.values()].filter((call) => call.phone === number);
  }

  async hangupAll(): Promise<void> {
    await Promise.all([...this.current.values()].map((call) => call.hangup()));
  }

  private behaviourOf(number: string): Behaviour {
    return this.behaviours.get(number) ?? outsideBehaviour;
  }

  private remember(seed: Omit<PhoneCallSeed, 'pbxSip'>): AriPhoneCall {
    const call = new AriPhoneCall(this.ari, { ...seed, pbxSip: this.pbxSip });
    this.current.set(call.id, call);
    this.log.push(call);
    if (this.log.length > logMax) this.log.splice(0, logMax / 10);
    return call;
  }

  private onEvent(event: AriEvent): void {
    const channel = event.channel;
    if (!channel) return;
    const call = this.current.get(channel.id);
    const at = Date.parse(event.timestamp);
    if (event.type === 'StasisStart' && !call) unlessOver(this.onIncoming(event, channel));
    if (!call) return;
    const up = event.type === 'ChannelStateChange' && channel.state === 'Up' && call.direction === 'in';
    if (up || event.type === 'StasisStart') unlessOver(call.onAnswered(at));
    if (event.type === 'ChannelDtmfReceived') call.onDigit(event.digit ?? '');
    if (event.type !== 'ChannelDestroyed') return;
    this.current.delete(channel.id);
    const sipCode = event.tech_cause || undefined;
    call.onEnded({ cause: event.cause ?? 0, causeText: event.cause_txt ?? '', sipCode, at });
  }

  private async onIncoming(event: AriEvent, channel: AriChannel): Promise<void> {
    const [place, number = '', auto, to = ''] = event.args ?? [];
    const call = this.remember({
      id: channel.id,
      phone: number,
      direction: 'in',
      to: place === 'desk' ? number : to,
      from: channel.caller,
      toneHz: this.specs.get(number)?.toneHz ?? customerToneHz,
      startedAt: Date.parse(event.timestamp),
      autoAnswerAsked: auto === 'auto',
    });
    for (const one of this.awaited) if (one.number === number) one.call ??= call;
    await receive(call, this.behaviourOf(number));
  }
}

const anyMobile = () => `06${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;

/** Does with an arriving call what the phone was told to do. */
async function receive(call: AriPhoneCall, behaviour: Behaviour): Promise<void> {
  const { hangupAfterMs } = behaviour;
  if (hangupAfterMs !== undefined) {
    const hangUp = () => after(hangupAfterMs, () => call.hangup(behaviour.cause));
    call.answered.then(hangUp, () => {});
  }
  const rule =
    behaviour.answer === 'auto-header' ? (call.autoAnswerAsked ? 'auto' : 'ring') : behaviour.answer;
  switch (rule) {
    case 'busy':
      return call.hangup(17);
    case 'reject':
      return call.decline(behaviour.sipCode);
    case 'forward':
      return call.blindTransfer(behaviour.forwardTo ?? '0699999999');
    case 'auto':
      await call.ring();
      after(behaviour.answerAfterMs ?? 0, () => call.answer());
      return;
    case 'ring':
    case 'manual':
      return call.ring();
    default:
      return rule satisfies never;
  }
}

function after(delayMs: number, act: () => Promise<void>): void {
  setTimeout(() => unlessOver(act()), delayMs).unref();
}

/** A call may end while we ask something of it; any other failure is a fault of the lab and is said aloud. */
function unlessOver(work: Promise<void>): void {
  work.catch((error: unknown) => {
    const over = error instanceof AriFailure && [404, 409, 412].includes(error.status);
    if (!over) process.emitWarning(`lab phone: ${error}`);
  });
}
