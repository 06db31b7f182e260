import { useEffect } from 'react';
import {
  disconnectPhone,
  expectSupervisions,
  reconnectPhone,
  setSpeaking,
} from '../../shared/phone/phone.ts';
import { board } from '../live/live.ts';
import { askedModeStore, findMine, pendingStore } from './mine.ts';

/** Ties the phone in this page to what this person supervises: whose legs answer, and when the microphone is sent. */
export function useMyPhone(personId: string, mayListen: boolean): void {
  useEffect(() => {
    if (!mayListen) return;
    expectSupervisions(() => pendingStore.get() !== null || findMine(personId)?.device === 'browser');
    const apply = () => setSpeaking(isToSpeak(personId));
    const stops = [board.supervisions.subscribeAny(apply), askedModeStore.subscribe(apply)];
    reconnectPhone(personId);
    return () => {
      for (const stop of stops) stop();
      disconnectPhone({ forget: false });
    };
  }, [personId, mayListen]);
}

/** Only when the server has said so, and no longer than asked for: a click on « listen » is mute before its answer. */
function isToSpeak(personId: string): boolean {
  const mine = findMine(personId);
  if (mine?.device !== 'browser' || mine.paused || mine.mode === 'listen') return false;
  return askedModeStore.get()?.mode !== 'listen';
}
