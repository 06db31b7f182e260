import type { ViewerSignal } from '../../../contract/screens.ts';

type CandidateSignal = Extract<ViewerSignal, { kind: 'candidate' }>;

export function signalOfCandidate(candidate: RTCIceCandidate): CandidateSignal {
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return { kind: 'candidate', candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment };
}
