const keptMax = 5;
const key = (personId: string) => `vigie.reasons.${personId}`;

/** The last reasons this person gave, newest first; kept in this browser only. */
export function recentReasons(personId: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(personId)) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string').slice(0, keptMax) : [];
  } catch {
    return [];
  }
}

export function rememberReason(personId: string, reason: string): void {
  const kept = [reason, ...recentReasons(personId).filter((one) => one !== reason)].slice(0, keptMax);
  try {
    localStorage.setItem(key(personId), JSON.stringify(kept));
  } catch {
    // A full or forbidden storage only costs the memory of reasons.
  }
}
