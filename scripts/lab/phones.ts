import { randomUUID } from 'node:crypto';
import type { AriEvent, LabAri } from './ari.ts';
import { createPhoneCall, type PhoneCall, type PhoneCallControl } from './phone-call.ts';
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

export async function createPhones(ari: LabAri, roster: PhoneSpec[], pbxSip: string): Promise<Phones> {
  const specs = new Map(roster.map((phone) => [phone.number, phone]));
  const behaviours = new Map<string, Behaviour>(
    roster.map((phone) => [phone.number, { ...phone.behaviour }]),
  );
  const current = new Map<string, PhoneCallControl>();
  const log: PhoneCall[] = [];
  const awaited = new Set<{ number: string; arrived(call: PhoneCall): void }>();

  const remember = (control: PhoneCallControl) => {
    current.set(control.call.id, control);
    log.push(control.call);
    if (log.length > logMax) log.splice(0, logMax / 10);
  };

  const behaviourOf = (number: string): Behaviour => behaviours.get(number) ?? outsideBehaviour;

  const onIncoming = async (event: AriEvent) => {
    const channel = event.channel!;
    const [place, number = '', auto, to = ''] = event.args ?? [];
    const spec = specs.get(number);
    const control = createPhoneCall(ari, {
      id: channel.id,
      phone: number,
      direction: 'in',
      to: place === 'desk' ? number : to,
      from: channel.caller,
      toneHz: spec?.toneHz ?? customerToneHz,
      startedAt: Date.parse(event.timestamp),
      autoAnswerAsked: auto === 'auto',
      pbxSip,
    });
    remember(control);
    for (const one of awaited) if (one.number === number) one.arrived(control.call);
    await receive(ari, control, behaviourOf(number));
  };

  const onEvent = (event: AriEvent) => {
    const control = event.channel && current.get(event.channel.id);
    const failed = (error: unknown) => {
      // A call may end while we are asking something of it; anything else is a fault of the lab.
      if (!control?.call.end && !String(error).includes('404')) process.emitWarning(`lab phone: ${error}`);
    };
    if (event.type === 'StasisStart' && !control) return void onIncoming(event).catch(failed);
    if (!control) return;
    if (event.type === 'StasisStart') control.onAnswered(Date.parse(event.timestamp)).catch(failed);
    if (
      event.type === 'ChannelStateChange' &&
      event.channel?.state === 'Up' &&
      control.call.direction === 'in'
    )
      control.onAnswered(Date.parse(event.timestamp)).catch(failed);
    if (event.type === 'ChannelDtmfReceived') control.onDigit(event.digit ?? '');
    if (event.type === 'ChannelDestroyed') {
      current.delete(event.channel!.id);
      control.onEnded({
        cause: event.cause ?? 0,
        causeText: event.cause_txt ?? '',
        sipCode: event.tech_cause || undefined,
        at: Date.parse(event.timestamp),
      });
    }
  };

  const socket = await ari.events('phones', onEvent);
  const allowed = ['StasisStart', 'ChannelStateChange', 'ChannelDtmfReceived', 'ChannelDestroyed'].map(
    (type) => ({ type }),
  );
  await ari.request('PUT', '/applications/phones/eventFilter', {}, { allowed });

  const call = async (order: CallOrder): Promise<PhoneCall> => {
    const spec = specs.get(order.from);
    if (!spec && order.from !== 'customer') throw new Error(`the lab has no phone ${order.from}`);
    const number =
      spec?.number ?? order.callerId ?? `06${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
    const control = createPhoneCall(ari, {
      id: `lab-${randomUUID()}`,
      phone: spec?.number ?? 'outside',
      direction: 'out',
      to: order.to,
      from: { number, name: order.callerName ?? spec?.name ?? '' },
      toneHz: order.toneHz ?? spec?.toneHz ?? customerToneHz,
      startedAt: Date.now(),
      autoAnswerAsked: false,
      pbxSip,
    });
    remember(control);
    const dialled = ari.request('POST', '/channels', {
      channelId: control.call.id,
      endpoint: `PJSIP/${order.to}@${spec ? phoneEndpoint(spec.number, 0) : `trunk-${order.codec ?? 'slin16'}`}`,
      app: 'phones',
      appArgs: 'out',
      timeout: '-1',
      callerId: `"${control.call.from.name.replaceAll('"', "'")}" <${number}>`,
    });
    await dialled.catch((error: unknown) => {
      current.delete(control.call.id);
      control.onEnded({ cause: 0, causeText: 'never dialled', sipCode: undefined, at: Date.now() });
      throw error;
    });
    return control.call;
  };

  return {
    roster,
    log,
    behave: (number, behaviour) => void behaviours.set(number, { ...behaviourOf(number), ...behaviour }),
    call,
    nextCall: async (number, limitMs = 10_000) => {
      let call: PhoneCall | undefined;
      const one = {
        number,
        arrived: (arriving: PhoneCall) => {
          call ??= arriving;
        },
      };
      awaited.add(one);
      const arrival = waitFor(`a call to arrive at ${number}`, () => call, limitMs, 5);
      return arrival.finally(() => awaited.delete(one));
    },
    callsOf: (number) =>
      [...current.values()].map((control) => control.call).filter((made) => made.phone === number),
    hangupAll: async () => {
      await Promise.all([...current.values()].map((control) => control.call.hangup()));
    },
    close: () => socket.close(),
  };
}

/** Does with an arriving call what the phone was told to do. */
async function receive(ari: LabAri, control: PhoneCallControl, behaviour: Behaviour): Promise<void> {
  const { call } = control;
  const rule =
    behaviour.answer === 'auto-header' ? (call.autoAnswerAsked ? 'auto' : 'ring') : behaviour.answer;
  if (behaviour.hangupAfterMs !== undefined) {
    const hangUp = () => after(behaviour.hangupAfterMs!, () => call.hangup(behaviour.cause));
    call.answered.then(hangUp, () => {});
  }
  switch (rule) {
    case 'busy':
      return call.hangup(17);
    case 'reject':
      return call.decline(behaviour.sipCode);
    case 'forward':
      return call.blindTransfer(behaviour.forwardTo ?? '0699999999');
    case 'auto':
      await ari.request('POST', `/channels/${call.id}/ring`);
      return after(behaviour.answerAfterMs ?? 0, () => call.answer());
    case 'ring':
    case 'manual':
      await ari.request('POST', `/channels/${call.id}/ring`);
      return;
    default:
      return rule satisfies never;
  }
}

/** Does it later, unless the call ended first. */
function after(delayMs: number, act: () => Promise<void>): void {
  setTimeout(() => {
    act().catch((error: unknown) => {
      if (!String(error).includes('404')) process.emitWarning(`lab phone: ${error}`);
    });
  }, delayMs).unref();
}
