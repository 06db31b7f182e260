import type { AriEvent } from '../../asterisk-ari-client/index.ts';

/** Events that arrive while the PBX's state is being read, in their order. About 1 kB each. */
export interface EventBuffer {
  /** False when it is full: what it held is then worthless, and the state must be read again. */
  add(event: AriEvent, atMs: number): boolean;
  /** Unique ids of the channels whose end is waiting in it. */
  endedIds(): string[];
  /** Gives out what it holds, oldest first, and is empty. */
  drain(take: (event: AriEvent, atMs: number) => void): void;
}

export function createEventBuffer(eventsMax = 50_000): EventBuffer {
  let held: { event: AriEvent; atMs: number }[] = [];
  return {
    add(event, atMs) {
      if (held.length >= eventsMax) return false;
      held.push({ event, atMs });
      return true;
    },
    endedIds: () =>
      held.flatMap(({ event }) => (event.type === 'ChannelDestroyed' ? [event.channel.id] : [])),
    drain(take) {
      const all = held;
      held = [];
      for (const { event, atMs } of all) take(event, atMs);
    },
  };
}
