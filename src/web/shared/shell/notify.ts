import { type NotificationData, notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { RequestProblem } from '../http/request.ts';
import { sessionEnded } from '../session/session-verbs.ts';

/** Says what went wrong, by its code, in the reader's language. A lost session leads to sign-in. */
export function notifyProblem(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  if (error instanceof RequestProblem && error.code === 'not-signed-in') {
    sessionEnded();
    return;
  }
  const code = error instanceof RequestProblem ? error.code : 'internal';
  // A code newer than this page has no text here.
  const message = i18next.exists(`errors.${code}`)
    ? i18next.t(`errors.${code}`)
    : i18next.t('errors.internal');
  show({ id: `problem-${code}`, color: 'red', message, role: 'alert', autoClose: 8000 });
}

export function notifyDone(message: string): void {
  show({ color: 'teal', message, role: 'status' });
}

export function notifyFact(message: string): void {
  show({ color: 'yellow', message, role: 'status', autoClose: 8000 });
}

function show(notification: NotificationData): void {
  notifications.show({ closeButtonProps: { 'aria-label': i18next.t('common.close') }, ...notification });
}
