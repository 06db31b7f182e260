import i18next from 'i18next';
import { createStore } from '../../shared/store.ts';
import type { Alert } from './alerts-of.ts';
import { alertsStore } from './alerts-store.ts';

export interface Signals {
  sound: boolean;
  desktop: boolean;
}
const storageKey = 'vigie.alert-signals';
/** How an alert makes itself heard beyond the page, on this computer. */
export const signalsStore = createStore<Signals>(read());

function read(): Signals {
  try {
    const { sound, desktop } = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Signals>;
    return { sound: sound === true, desktop: desktop === true };
  } catch {
    return { sound: false, desktop: false };
  }
}

export const desktopIsPossible = (): boolean => 'Notification' in window && window.isSecureContext;

/** Turning them on asks the browser; `denied` when it refuses desktop alerts. */
export async function changeSignals(part: Partial<Signals>): Promise<'done' | 'denied'> {
  if (part.desktop && (!desktopIsPossible() || (await Notification.requestPermission()) !== 'granted'))
    return 'denied';
  signalsStore.set({ ...signalsStore.get(), ...part });
  localStorage.setItem(storageKey, JSON.stringify(signalsStore.get()));
  if (part.sound) chime();
  return 'done';
}

/** Signals each new alert once; what stood already when the page opened is silent. Returns the way to stop. */
export function signalAlerts(textOf: (alert: Alert) => string): () => void {
  let known: ReadonlySet<string> | null = null;
  return alertsStore.subscribe(() => {
    const now = alertsStore.get();
    const fresh = known === null ? [] : now.filter(({ key }) => !known?.has(key));
    known = new Set(now.map(({ key }) => key));
    if (fresh.length === 0) return;
    const { sound, desktop } = signalsStore.get();
    if (sound) chime(fresh.some(({ kind }) => kind === 'help') ? 2 : 1);
    if (desktop && desktopIsPossible() && Notification.permission === 'granted') show(fresh, textOf);
  });
}

/** One notification for a burst: a floor that wakes up does not bury the desktop. */
function show(fresh: readonly Alert[], textOf: (alert: Alert) => string): void {
  const body = fresh.slice(0, 3).map(textOf).join('\n').slice(0, 400);
  const more = fresh.length > 3 ? `\n+${fresh.length - 3}` : '';
  const notification = new Notification(i18next.t('alerts.title'), { body: body + more, tag: 'vigie-alert' });
  notification.onclick = () => window.focus();
}

let audio: AudioContext | undefined;
/** Two soft notes; `times` 2 for a call for help. */
function chime(times = 1): void {
  audio ??= new AudioContext();
  void audio.resume();
  for (let i = 0; i < times; i++) {
    const startS = audio.currentTime + i * 0.5;
    for (const [note, offsetS] of [
      [659, 0],
      [880, 0.16],
    ] as const)
      playNote(audio, note, startS + offsetS);
  }
}

function playNote(context: AudioContext, hertz: number, atS: number): void {
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, atS);
  gain.gain.exponentialRampToValueAtTime(0.2, atS + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, atS + 0.3);
  tone.connect(gain).connect(context.destination);
  tone.start(atS);
  tone.stop(atS + 0.32);
}
