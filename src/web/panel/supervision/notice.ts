import i18next from 'i18next';
import type { Supervision, SupervisionEnd } from '../../../contract/supervisions.ts';
import { request } from '../../shared/http/request.ts';
import { notifyFact } from '../shell/notify.ts';
import { findMine, pendingStore } from './mine.ts';

const rememberedMax = 50;
/** Supervisions already told as ended, so that nobody hears it twice and no late reply revives one. */
const ended: string[] = [];

export const hasEnded = (id: string): boolean => ended.includes(id);

/** What is new about my own supervisions: why one ended is said once, unless I stopped it myself. */
export function noticeSupervisions(
  personId: string,
  rows: readonly Supervision[],
  how: { gone?: readonly string[]; snapshot?: boolean },
): void {
  for (const row of rows) {
    if (row.by.id !== personId) continue;
    pendingStore.set(null);
    if (row.state === 'ended') tell(row.id, row.endedBecause);
  }
  const mine = findMine(personId);
  if (!mine || hasEnded(mine.id)) return;
  const wentUnsaid = how.gone?.includes(mine.id) || (how.snapshot && !rows.some(({ id }) => id === mine.id));
  if (wentUnsaid) void askWhy(mine.id);
}

function tell(id: string, because: SupervisionEnd | null): void {
  if (hasEnded(id)) return;
  ended.push(id);
  if (ended.length > rememberedMax) ended.shift();
  if (because !== null && because !== 'stopped') notifyFact(i18next.t(`end.${because}`));
}

/** The end came while we were not connected. */
async function askWhy(id: string): Promise<void> {
  const row = await request<Supervision>(`/api/supervisions/${id}`).catch(() => null);
  tell(id, row === null ? 'lost' : row.endedBecause);
}
