import { ariEventTypes } from './generated/events.ts';

export type Frame =
  | { kind: 'event'; event: { type: string } & Record<string, unknown> }
  | { kind: 'unknownEvent'; event: { type: string } & Record<string, unknown> }
  | { kind: 'restResponse'; response: Record<string, unknown> }
  | { kind: 'badJson' }
  | { kind: 'notAnEvent' };

const known = new Set<string>(ariEventTypes);

/** What a text frame of Asterisk is. Never throws: the text may be cut, foreign or hostile. */
export function readFrame(text: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'badJson' };
  }
  if (typeof value !== 'object' || value === null) return { kind: 'notAnEvent' };
  const event = value as { type: string } & Record<string, unknown>;
  if (typeof event.type !== 'string') return { kind: 'notAnEvent' };
  if (event.type === 'RESTResponse') return { kind: 'restResponse', response: event };
  return { kind: known.has(event.type) ? 'event' : 'unknownEvent', event };
}

/**
 * Says, without parsing, that a frame is of no wanted type. Inside a JSON string quotes are escaped, so
 * a bare `"type":"X"` is a real key; several (nested objects) or none leave the decision to the parser.
 */
export function createSkipper(wanted: readonly string[] | undefined): (text: string) => boolean {
  if (!wanted) return () => false;
  const kept = new Set([...wanted, 'RESTResponse', 'ApplicationReplaced']);
  return (text) => {
    const pattern = /"type"\s*:\s*"([A-Za-z]+)"/g;
    let found = pattern.exec(text);
    if (!found) return false;
    for (; found; found = pattern.exec(text)) if (kept.has(found[1] ?? '')) return false;
    return true;
  };
}
