import { createStore } from '../store.ts';

const storageKey = 'vigie.chat-sound';
/** Off until somebody turns it on, on this computer. */
export const soundStore = createStore(localStorage.getItem(storageKey) === 'on');

export function setSound(on: boolean): void {
  localStorage.setItem(storageKey, on ? 'on' : 'off');
  soundStore.set(on);
  if (on) chime();
}

const hertz = 740;
const lengthS = 0.22;
let audio: AudioContext | undefined;
/** One soft note, when sound is on. */
export function chime(): void {
  if (!soundStore.get()) return;
  audio ??= new AudioContext();
  void audio.resume();
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  const startS = audio.currentTime;
  tone.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, startS);
  gain.gain.exponentialRampToValueAtTime(0.15, startS + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, startS + lengthS);
  tone.connect(gain).connect(audio.destination);
  tone.start(startS);
  tone.stop(startS + lengthS);
}
