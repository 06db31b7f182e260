import type { HandOver } from '../../../contract/supervisions.ts';
import { request } from '../../shared/http/request.ts';
import { notifyProblem } from '../../shared/shell/notify.ts';
import { createStore } from '../../shared/store.ts';

/** A call that was taken over goes on to somebody, or one that waits in a queue goes elsewhere. */
export type SendOn = { what: 'hand-over'; supervisionId: string } | { what: 'move'; callId: string };

/** Whose call the question « to whom? » is about; null when it is not open. */
export const sendOnStore = createStore<SendOn | null>(null);
export const askSendOn = (what: SendOn): void => sendOnStore.set(what);
export const closeSendOn = (): void => sendOnStore.set(null);

/** False when it was refused, which was said. */
export async function sendOn(what: SendOn, to: HandOver): Promise<boolean> {
  const path =
    what.what === 'hand-over'
      ? `/api/supervisions/${what.supervisionId}/hand-over`
      : `/api/calls/${what.callId}/move`;
  try {
    await request(path, { method: 'POST', json: to });
    return true;
  } catch (error) {
    notifyProblem(error);
    return false;
  }
}
