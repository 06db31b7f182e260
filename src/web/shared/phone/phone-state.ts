import { useSyncExternalStore } from 'react';
import type { ErrorCode } from '../../../contract/errors.ts';
import { createStore } from '../store.ts';

/** `elsewhere`: another page of the same person is the phone now. `refused`: the server says why in `problem`. */
export type PhoneLink = 'off' | 'connecting' | 'connected' | 'elsewhere' | 'refused';
/** `insecure`: browsers give a microphone to pages on HTTPS or localhost only. */
export type MicrophoneState = 'unknown' | 'allowed' | 'denied' | 'missing' | 'insecure';
/** No sound can flow: `no-turn`: not directly, and no TURN server is set; `turn-fails`: by that one neither. */
export type SoundProblem = 'no-turn' | 'turn-fails';
export type NetworkQuality = 'good' | 'fair' | 'poor';

export interface PhoneCallView {
  id: string;
  direction: 'in' | 'out';
  /** A supervision's own leg, which answers by itself; anything else is a call to the person. */
  kind: 'supervision' | 'call';
  state: 'ringing' | 'dialling' | 'talking' | 'held';
  from: { number: string; name: string };
  /** ISO time of the answer, of the first ring before it. */
  since: string;
  muted: boolean;
  /** The microphone is sent. Never while one only listens. */
  speaks: boolean;
}

export interface PhoneState {
  link: PhoneLink;
  problem: ErrorCode | 'unreachable' | null;
  /** `PJSIP/web-…` once known. */
  device: string | null;
  /** The PBX lets it dial. */
  mayCall: boolean;
  microphone: MicrophoneState;
  call: PhoneCallView | null;
  /** Null without a call. */
  quality: NetworkQuality | null;
  /** Of the call; null without one, too. */
  noSound: SoundProblem | null;
  /** The browser lets the page play only after a click. */
  needsClick: boolean;
}

const off: PhoneState = {
  link: 'off',
  problem: null,
  device: null,
  mayCall: false,
  microphone: 'unknown',
  call: null,
  quality: null,
  noSound: null,
  needsClick: false,
};

/** The phone of this page, as it is now. */
export const phoneStore = createStore<PhoneState>(off);
export const usePhone = (): PhoneState => useSyncExternalStore(phoneStore.subscribe, phoneStore.get);

export function setPhone(change: Partial<PhoneState>): void {
  phoneStore.set({ ...phoneStore.get(), ...change });
}

/** Why one cannot speak with this phone; null when one can, or it is not known yet. */
export function whyMute({
  microphone,
}: Pick<PhoneState, 'microphone'>): 'denied' | 'missing' | 'insecure' | null {
  return microphone === 'denied' || microphone === 'missing' || microphone === 'insecure' ? microphone : null;
}
