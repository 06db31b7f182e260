import { beginMs } from './begin.ts';
import type { FakePbx } from './fake-pbx.ts';
import type { SimServer } from './sim-server.ts';
import type { Tape } from './tape.ts';

/** A call is on the board for as long as one of its legs lives; delays of the network are allowed for. */
export function boardFaultsAt(
  atMs: number,
  world: { tapes: readonly Tape[]; pbx: FakePbx; server: SimServer | null; quietSinceMs: number },
): string[] {
  const { tapes, pbx, server, quietSinceMs } = world;
  const skewMs = 1_500;
  const shown = new Map(server?.shown().map((call) => [call.uniqueId, call]));
  const faults: string[] = [];
  for (const tape of tapes) {
    for (const [uniqueId, call] of tape.truth) {
      const from = Date.parse(call.startedAt);
      const to = Date.parse(call.endedAt!);
      const isDead = pbx.isDead(tape);
      const is = shown.get(uniqueId);
      shown.delete(uniqueId);
      // Two colleagues whom a third joined unseen: nothing on the PBX tells whose call it is that goes on.
      const mustBe = call.direction !== 'internal' || quietSinceMs < from;
      if (!is && !isDead && mustBe && from < atMs - skewMs && atMs < to)
        faults.push(`${tape.name} (${uniqueId}): not on the board at ${atMs - beginMs}`);
      if (is && (isDead || to < atMs - skewMs)) faults.push(`${tape.name} (${uniqueId}): still on the board`);
      const near = call.segments.filter(
        (one) => Date.parse(one.from) < atMs + skewMs && Date.parse(one.to!) > atMs - skewMs,
      );
      const surely = near.some(
        (one) => Date.parse(one.from) < atMs - skewMs && Date.parse(one.to!) > atMs + skewMs,
      );
      const isWrong =
        is?.phase === 'talking'
          ? near.length === 0
          : surely && !['on-hold', 'parked'].includes(is?.phase ?? '');
      if (is && call.direction === 'inbound' && !isDead && isWrong)
        faults.push(`${tape.name} (${uniqueId}): shown as ${is.phase}, which is not so`);
    }
    const over = pbx.isDead(tape) || tape.facts.at(-1)!.atMs < atMs - skewMs;
    for (const uniqueId of shown.keys())
      if (over && tape.legs.has(uniqueId)) faults.push(`${tape.name} (${uniqueId}): on the board, and over`);
  }
  return faults;
}
