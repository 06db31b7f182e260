/** One entry of a PBX's stream: fields `f` fencing number, `n` number within that owner's term, `k` kind, `t` JSON text. */
export const entryKinds = ['facts', 'snapshot', 'written'] as const;
export type EntryKind = (typeof entryKinds)[number];
export const factsInEntryMax = 500;

export interface Entry {
  id: string;
  fence: number;
  number: number;
  kind: EntryKind;
  content: unknown[];
}

/** Null for what is not one of ours. */
export function entryOf([id, fields]: [id: string, fields: string[]]): Entry | null {
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i]!, fields[i + 1]!);
  const kind = entryKinds.find((one) => one === values.get('k'));
  const fence = Number(values.get('f'));
  const number = Number(values.get('n'));
  if (!kind || !Number.isSafeInteger(fence) || !Number.isSafeInteger(number)) return null;
  try {
    const content: unknown = JSON.parse(values.get('t') ?? '');
    return Array.isArray(content) ? { id, fence, number, kind, content } : null;
  } catch {
    return null;
  }
}
