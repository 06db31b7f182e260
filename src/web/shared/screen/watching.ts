import type { IceServer } from '../../../contract/phones.ts';
import type { SharerSignal, ViewerSignal } from '../../../contract/screens.ts';
import { signalOfCandidate } from './candidates.ts';

export interface Watching {
  take(signal: SharerSignal): Promise<void>;
  close(): void;
}

export interface CreateWatching {
  iceServers: IceServer[];
  say(signal: ViewerSignal): void;
  onPicture(stream: MediaStream): void;
  /** No way was found from page to page, or it was lost. */
  onFailed(): void;
}

/** The picture on its way from one agent: one track, received only; nothing is sent. Makes its offer at once. */
export function createWatching({ iceServers, say, onPicture, onFailed }: CreateWatching): Watching {
  const pc = new RTCPeerConnection({ iceServers });
  const early: SharerSignal[] = [];
  let isAnswered = false;

  pc.onicecandidate = ({ candidate }) => {
    if (candidate) say(signalOfCandidate(candidate));
  };
  pc.ontrack = ({ track }) => onPicture(new MediaStream([track]));
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === 'failed') onFailed();
  };
  preferVp8(pc.addTransceiver('video', { direction: 'recvonly' }));
  pc.setLocalDescription().then(() => {
    if (pc.localDescription) say({ kind: 'offer', sdp: pc.localDescription.sdp });
  }, onFailed);

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
