import { useSyncExternalStore } from 'react';
import { createStore } from '../store.ts';
import { readChoice, writeChoice } from './phone-choices.ts';
import { setPhone } from './phone-state.ts';

let element: HTMLAudioElement | null = null;
let context: AudioContext | null = null;

const remoteStore = createStore<MediaStream | null>(null);
/** What the other side says; null without a call. */
export const useRemoteStream = () => useSyncExternalStore(remoteStore.subscribe, remoteStore.get);

/** Where calls are heard. In the document, as some browsers play nothing else. */
function output(): HTMLAudioElement {
  if (element) return element;
  element = document.createElement('audio');
  element.autoplay = true;
  element.dataset['phone'] = 'remote';
  document.body.append(element);
  void applySpeaker(element);
  return element;
}

/** One for the page: browsers allow few. */
export function audioContext(): AudioContext {
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
  return context;
}

/** Plays what the other side says; null: silence. */
export function playRemote(stream: MediaStream | null): void {
  const audio = output();
  audio.srcObject = stream;
  remoteStore.set(stream);
  if (!stream) {
    setPhone({ needsClick: false });
    return;
  }
  audio.play().then(
    () => setPhone({ needsClick: false }),
    (error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') setPhone({ needsClick: true });
    },
  );
}

/** After the click that the browser asked for. */
export function playNow(): void {
  playRemote(output().srcObject as MediaStream | null);
}

export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;

export async function chooseSpeaker(deviceId: string | null): Promise<void> {
  writeChoice('speaker', deviceId);
  await applySpeaker(output());
}

async function applySpeaker(audio: HTMLAudioElement): Promise<void> {
  if (!canChooseSpeaker()) return;
  // A speaker that is not plugged in today: the usual one.
  await audio.setSinkId(readChoice('speaker') ?? '').catch(() => audio.setSinkId('').catch(() => {}));
}

const testHz = [440, 660];
const testNoteS = 0.25;
const testLevel = 0.15;

/** Two short notes on the chosen speaker; resolves when they are over. */
export async function playTestTone(): Promise<void> {
  const audio = new Audio();
  await applySpeaker(audio);
  const ctx = audioContext();
  const out = ctx.createMediaStreamDestination();
  const gain = ctx.createGain();
  gain.gain.value = testLevel;
  gain.connect(out);
  testHz.forEach((hz, at) => {
    const note = ctx.createOscillator();
    note.frequency.value = hz;
    note.connect(gain);
    note.start(ctx.currentTime + at * testNoteS);
    note.stop(ctx.currentTime + (at + 1) * testNoteS);
  });
  audio.srcObject = out.stream;
  await audio.play();
  await new Promise((resolve) => setTimeout(resolve, testHz.length * testNoteS * 1_000));
  audio.srcObject = null;
}
