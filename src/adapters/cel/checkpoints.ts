/** A place to begin again: every row before it is of `untilMs` or earlier. */
export interface Checkpoint<Position> {
  untilMs: number;
  position: Position;
}

export const checkpointsMax = 2_000;

/** Places already read, so that a restart begins before the oldest row that is still needed, and little earlier. */
export function createCheckpoints<Position>(start: Position) {
  let points: Checkpoint<Position>[] = [{ untilMs: Number.NEGATIVE_INFINITY, position: start }];
  return {
    /** Rows up to `position` were read, none of them later than `untilMs`. */
    passed(position: Position, untilMs: number): void {
      const last = points.at(-1)!;
      points.push({ position, untilMs: Math.max(untilMs, last.untilMs) });
      // The older half with half as many: what is needed from long ago is found a little earlier than need be.
      if (points.length > checkpointsMax)
        points = points.filter((_, i) => i > checkpointsMax / 2 || i % 2 === 0 || i === points.length - 1);
    },
    /** The last place before every row of `neededMs` or later. Earlier ones are let go of. */
    before(neededMs: number): Position {
      const at = Math.max(
        0,
        points.findLastIndex(({ untilMs }) => untilMs < neededMs),
      );
      points = points.slice(at);
      return points[0]!.position;
    },
  };
}
