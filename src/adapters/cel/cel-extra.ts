/** What an event says beyond its columns: JSON, by event. */
export type CelExtra = Record<string, unknown>;

export function extraOf(text: string): CelExtra {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) as CelExtra;
  } catch {
    return {};
  }
}

/** '' when it is not there or no text. */
export function textIn(extra: CelExtra, name: string): string {
  const value = extra[name];
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

/** Of HANGUP: Q.850 cause and the channel (or word) that hung up; null where that is not told. */
export function hangupOf(text: string): { cause: number; source: string } | null {
  const extra = extraOf(text);
  if (!('hangupcause' in extra) && !('hangupsource' in extra)) return null;
  const cause = Number(extra['hangupcause']);
  return {
    cause: Number.isInteger(cause) && cause >= 0 && cause <= 127 ? cause : 0,
    source: textIn(extra, 'hangupsource'),
  };
}
