import i18next from 'i18next';
import type { Supervision, SupervisionEnd } from '../../../contract/supervisions.ts';
import { request } from '../../shared/http/request.ts';
import { notifyFact } from '../../shared/shell/notify.ts';
import { findMine, pendingStore, stoppingStore } from './mine.ts';

const rememberedMax = 100;

/** Ids, the latest only: a page stays open for weeks. */
function createMemory() {
  const ids: string[] = [];
  return {
    has: (id: string) => ids.includes(id),
    add(id: string): void {
      if (ids.includes(id)) return;
      ids.push(id);
      if (ids.length > rememberedMax) ids.shift();
    },
    drop(id: string): void {
      if (ids.includes(id)) ids.splice(ids.indexOf(id), 1);
    },
  };
}
/** Supervisions that left the board: a reply that was on its way must not bring them back. */
const gone = createMemory();
/** Those whose end was told, so that nobody hears it twice. */
const told = createMemory();

export const isGone = (id: string): boolean => gone.has(id);

/** What is new about my own supervisions: why one ended is said once, unless I stopped it myself. Call it before the rows change. */
export function noticeSupervisions(
  personId: string,
  rows: readonly Supervision[],
  how: { gone?: readonly string[]; snapshot?: boolean },
): void {
  const mine = findMine(personId);
  for (const row of rows) {
    if (row.by.id !== personId) continue;
    pendingStore.set(null);
    if (row.state !== 'ended') continue;
    gone.add(row.id);
    tell(row.id, row.endedBecause);
  }
  for (const id of how.gone ?? []) gone.add(id);
  if (!mine || told.has(mine.id) || stoppingStore.get() === mine.id) return;
  const missing = how.snapshot && !rows.some(({ id }) => id === mine.id);
  if (how.gone?.includes(mine.id) || missing) void askWhy(mine.id);
}

function tell(id: string, because: SupervisionEnd | null): void {
  if (told.has(id)) return;
  told.add(id);
  if (because !== null && because !== 'stopped') notifyFact(i18next.t(`end.${because}`));
}

/** The row went without saying why. */
async function askWhy(id: string): Promise<void> {
  const row = await request<Supervision>(`/api/supervisions/${id}`).catch(() => null);
  // A snapshot made just before it began: the next change brings it back.
  if (row && row.state !== 'ended') return gone.drop(id);
  gone.add(id);
  tell(id, row ? row.endedBecause : 'lost');
}
