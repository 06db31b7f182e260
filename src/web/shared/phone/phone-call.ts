import { C } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { closeMicrophone, openMicrophone } from './microphone.ts';
import { type PhoneCallView, phoneStore, setPhone } from './phone-state.ts';
import { watchQuality } from './quality.ts';
import { watchSoundPath } from './sound-path.ts';
import { playRemote } from './speaker.ts';

/** With a relay to wait for, how long; without, the first address is enough. */
const relayWaitMs = 400;

export interface CallOptions {
  session: RTCSession;
  kind: PhoneCallView['kind'];
  direction: PhoneCallView['direction'];
  iceServers: RTCIceServer[];
  /** Whether the microphone is to be sent now. */
  wantsToSpeak: () => boolean;
  onEnd: () => void;
}

/** One call of this page's phone. */
export class PhoneCall {
  readonly #options: CallOptions;
  #ended = false;
  #stopWatching: (() => void)[] = [];
  /** Switches of the microphone, one after the other. */
  #switching: Promise<void> = Promise.resolve();

  constructor(options: CallOptions) {
    this.#options = options;
    const { session, kind, direction } = options;
    const { user, display } = identityOf(session);
    this.#show({
      id: session.id,
      direction,
      kind,
      state: direction === 'in' ? 'ringing' : 'dialling',
      from: { number: user, name: display },
      since: new Date().toISOString(),
      muted: false,
      speaks: false,
    });
    session.on('peerconnection', ({ peerconnection }) => this.#prepare(peerconnection));
    session.on('confirmed', () => this.#talking());
    session.on('hold', () => this.#change({ state: 'held' }));
    session.on('unhold', () => this.#change({ state: 'talking' }));
    session.on('ended', () => this.#end());
    session.on('failed', () => this.#end());
    this.#sendEarly();
  }

  answer(): void {
    const { session, iceServers } = this.#options;
    if (!session.isInProgress()) return;
    session.answer({
      // No track yet: `#speakAsWanted` adds the microphone, or does not.
      mediaConstraints: { audio: false, video: false },
      pcConfig: { iceServers },
    });
  }

  hangUp(): void {
    const { session } = this.#options;
    if (!session.isEnded()) session.terminate();
  }

  hold(held: boolean): void {
    const { session } = this.#options;
    if (held) session.hold();
    else session.unhold();
  }

  mute(muted: boolean): void {
    const { session } = this.#options;
    if (muted) session.mute({ audio: true });
    else session.unmute({ audio: true });
    this.#change({ muted });
  }

  sendDigits(digits: string): void {
    // In the audio, as every menu understands it.
    this.#options.session.sendDTMF(digits, { transportType: C.DTMF_TRANSPORT.RFC2833 });
  }

  /** The microphone is sent or taken away, without a word to the other side. To be called when the wish changes. */
  speakAsWanted(): Promise<void> {
    this.#switching = this.#switching.then(() => this.#applySpeaking()).catch(() => {});
    return this.#switching;
  }

  async #applySpeaking(): Promise<void> {
    const sender = this.#sender();
    if (!sender || this.#ended) return;
    const track = this.#options.wantsToSpeak() ? await openMicrophone() : null;
    // While the microphone was asked for, the wish may have gone.
    const sent = this.#ended || !this.#options.wantsToSpeak() ? null : track;
    await sender.replaceTrack(sent);
    this.#change({ speaks: sent !== null });
  }

  #sender(): RTCRtpSender | undefined {
    return this.#options.session.connection
      ?.getTransceivers()
      .find(({ receiver }) => receiver.track.kind === 'audio')?.sender;
  }

  #prepare(connection: RTCPeerConnection): void {
    connection.addEventListener('track', ({ transceiver, track }) => {
      // Agreed now for both directions, so that speaking later changes nothing but the sender's track.
      if (this.#options.direction === 'in') transceiver.direction = 'sendrecv';
      playRemote(new MediaStream([track]));
    });
  }

  /**
   * Chromium goes on looking for addresses 100 ms longer than anybody needs. Where it hides them (`….local`, a page
   * without the microphone) Asterisk must have heard from it before it gets the answer, so there it takes its time.
   */
  #sendEarly(): void {
    const { session, iceServers } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    session.on('icecandidate', ({ candidate, ready }) => {
      if (candidate.address?.endsWith('.local')) return;
      if (iceServers.length === 0 || candidate.type === 'relay') {
        clearTimeout(timer);
        ready();
      } else timer ??= setTimeout(ready, relayWaitMs);
    });
  }

  #talking(): void {
    this.#change({ state: 'talking', since: new Date().toISOString() });
    const { connection } = this.#options.session;
    if (connection && this.#stopWatching.length === 0)
      this.#stopWatching = [
        watchQuality(connection, (quality) => setPhone({ quality })),
        watchSoundPath(connection, {
          hasRelay: this.#options.iceServers.length > 0,
          onChange: (noSound) => setPhone({ noSound }),
        }),
      ];
    void this.speakAsWanted();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stop of this.#stopWatching) stop();
    closeMicrophone();
    playRemote(null);
    setPhone({ call: null, quality: null, noSound: null });
    this.#options.onEnd();
  }

  #show(call: PhoneCallView): void {
    setPhone({ call });
  }

  #change(change: Partial<PhoneCallView>): void {
    const { call } = phoneStore.get();
    if (call && !this.#ended) this.#show({ ...call, ...change });
  }
}

const shownMax = 80;

function identityOf(session: RTCSession): { user: string; display: string } {
  const { uri, display_name } = session.remote_identity;
  return {
    user: String(uri.user ?? '').slice(0, shownMax),
    display: (display_name ?? '').slice(0, shownMax),
  };
}
