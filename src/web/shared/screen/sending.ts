import type { IceServer } from '../../../contract/phones.ts';
import type { SharerSignal, ViewerSignal } from '../../../contract/screens.ts';
import { signalOfCandidate } from './candidates.ts';
import { quickStart } from './quick-start.ts';

/** Enough for a page full of small text within a few frames; a moving screen takes less of it. */
const bitrateMax = 8_000_000;
/** Shared by all who watch: each is one more encoding on the agent's computer. */
const framesPerSecondTotal = 20;
const framesPerSecondMin = 5;
const framesPerSecondMax = 15;

export const framesPerSecondFor = (watchers: number): number =>
  Math.min(
    framesPerSecondMax,
    Math.max(framesPerSecondMin, Math.floor(framesPerSecondTotal / Math.max(1, watchers))),
  );

export interface Sending {
  take(signal: ViewerSignal): Promise<void>;
  /** Null: nothing leaves the page. */
  show(track: MediaStreamTrack | null): Promise<void>;
  limitFrames(perSecond: number): Promise<void>;
  close(): void;
}

export interface CreateSending {
  iceServers: IceServer[];
  track: MediaStreamTrack | null;
  framesPerSecond: number;
  say(signal: SharerSignal): void;
  /** The watcher can see from now on. */
  onConnected(): void;
}

/** The picture on its way to one watcher. It answers his offer, sends one track, and takes nothing from him. */
export function createSending(o: CreateSending): Sending {
  // Made when a watcher is announced: its addresses are known by the time his offer comes.
  const pc = new RTCPeerConnection({ iceServers: o.iceServers, iceCandidatePoolSize: 1 });
  let { track, framesPerSecond } = o;
  let sender: RTCRtpSender | undefined;
  pc.onicecandidate = ({ candidate }) => {
    if (candidate) o.say(signalOfCandidate(candidate));
  };
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === 'connected') o.onConnected();
  };

  async function answer(sdp: string): Promise<void> {
    await pc.setRemoteDescription({ type: 'offer', sdp: quickStart(sdp) });
    const transceiver = pc.getTransceivers()[0];
    if (!transceiver) return;
    transceiver.direction = 'sendonly';
    sender = transceiver.sender;
    await Promise.all([sender.replaceTrack(track), pc.setLocalDescription()]);
    o.say({ kind: 'answer', sdp: pc.localDescription?.sdp ?? '' });
    await tune();
  }

  async function tune(): Promise<void> {
    const parameters = sender?.getParameters();
    if (!sender || !parameters) return;
    // Text is to stay readable: rather fewer pictures than smaller ones.
    parameters.degradationPreference = 'maintain-resolution';
    for (const encoding of parameters.encodings)
      Object.assign(encoding, { maxBitrate: bitrateMax, maxFramerate: framesPerSecond });
    await sender.setParameters(parameters);
  }

  return {
    async take(signal) {
      if (pc.signalingState === 'closed') return;
      if (signal.kind === 'offer') await answer(signal.sdp);
      if (signal.kind === 'candidate') {
        const { kind, ...candidate } = signal;
        await pc.addIceCandidate(candidate);
      }
    },
    async show(now) {
      track = now;
      await sender?.replaceTrack(now);
    },
    async limitFrames(perSecond) {
      if (perSecond === framesPerSecond) return;
      framesPerSecond = perSecond;
      await tune();
    },
    close: () => pc.close(),
  };
}
