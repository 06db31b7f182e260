import type { IceServer } from '../../../contract/phones.ts';
import type { SharerSignal, ViewerSignal } from '../../../contract/screens.ts';
import { signalOfCandidate } from './candidates.ts';

export interface Watching {
  take(signal: SharerSignal): Promise<void>;
  close(): void;
}

export interface CreateWatching {
  /** Made before, while it was not yet known whether there is something to watch. */
  prepared: PreparedWatching;
  iceServers: IceServer[];
  say(signal: ViewerSignal): void;
  onPicture(stream: MediaStream): void;
  /** No way was found from page to page, or it was lost. */
  onFailed(): void;
}

export interface PreparedWatching {
  pc: RTCPeerConnection;
  offer: Promise<RTCSessionDescriptionInit>;
}

/** Makes the offer and looks for the page's own addresses beforehand: nobody has to wait for it when the server says yes. */
export function prepareWatching(): PreparedWatching {
  const pc = new RTCPeerConnection({ iceCandidatePoolSize: 1 });
  preferVp8(pc.addTransceiver('video', { direction: 'recvonly' }));
  const offer = pc.createOffer();
  offer.catch(() => {});
  return { pc, offer };
}

/** The picture on its way from one agent: one track, received only; nothing is sent. Makes its offer at once. */
export function createWatching({ prepared, iceServers, say, onPicture, onFailed }: CreateWatching): Watching {
  const { pc, offer } = prepared;
  if (iceServers.length > 0) pc.setConfiguration({ iceServers, iceCandidatePoolSize: 1 });
  const early: SharerSignal[] = [];
  let isAnswered = false;

  // Known at once, since they were looked for beforehand; nobody listens to them before the offer.
  const found: ViewerSignal[] = [];
  let isOffered = false;
  pc.onicecandidate = ({ candidate }) => {
    if (!candidate) return;
    if (isOffered) say(signalOfCandidate(candidate));
    else found.push(signalOfCandidate(candidate));
  };
  pc.ontrack = ({ track }) => onPicture(new MediaStream([track]));
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === 'failed') onFailed();
  };
  offer
    .then((made) => pc.setLocalDescription(made))
    .then(() => {
      if (!pc.localDescription) return;
      say({ kind: 'offer', sdp: pc.localDescription.sdp });
      isOffered = true;
      for (const candidate of found.splice(0)) say(candidate);
    })
    .catch(() => {
      if (pc.signalingState !== 'closed') onFailed();
    });

  async function take(signal: SharerSignal): Promise<void> {
    if (pc.signalingState === 'closed') return;
    if (signal.kind === 'answer') {
      await pc.setRemoteDescription({ type: 'answer', sdp: signal.sdp });
      isAnswered = true;
      for (const candidate of early.splice(0)) await take(candidate);
    } else if (signal.kind === 'candidate') {
      if (!isAnswered) return void early.push(signal);
      const { kind, ...candidate } = signal;
      await pc.addIceCandidate(candidate);
    }
  }
  return { take, close: () => pc.close() };
}

/** The quickest to begin, and every browser has it; measured against VP9, AV1 and H.264 on a full page of text. */
function preferVp8(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = codecs.filter(({ mimeType }) => /^video\/(VP8|rtx|red|ulpfec)$/i.test(mimeType));
  if (wanted.some(({ mimeType }) => mimeType === 'video/VP8')) transceiver.setCodecPreferences(wanted);
}
