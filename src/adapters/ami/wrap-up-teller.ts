import type { FactStamp } from '../../ports/fact-stamp.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { interfaceOf, wrapUpEndMs } from './ami-facts.ts';
import type { AmiMessage } from './ami-wire.ts';

/** Tells each wrap-up once. */
export interface WrapUpTeller {
  /** `wrapuptime` by queue, in seconds. */
  setQueues(seconds: ReadonlyMap<string, number>): void;
  /** The fact of a member's wrap-up that has not ended and was not told yet. */
  of(member: AmiMessage): FactBody | undefined;
}

export function createWrapUpTeller(stamp: FactStamp): WrapUpTeller {
  let secondsByQueue: ReadonlyMap<string, number> = new Map();
  const told = new Map<string, number>();
  return {
    setQueues(seconds) {
      secondsByQueue = seconds;
      const nowMs = stamp.pbxNowMs();
      for (const [key, endMs] of told) if (endMs < nowMs) told.delete(key);
    },
    of(member) {
      const queue = member.get('Queue') ?? '';
      const endMs = wrapUpEndMs(member, secondsByQueue.get(queue) ?? 0);
      const key = `${queue}\n${interfaceOf(member)}`;
      if (endMs <= stamp.pbxNowMs() || told.get(key) === endMs) return undefined;
      told.set(key, endMs);
      return { kind: 'wrap-up', queue, interface: interfaceOf(member), untilMs: stamp.oursMs(endMs) };
    },
  };
}
