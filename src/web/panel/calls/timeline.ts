import type { Call, QueueVisit, Segment } from '../../../contract/calls.ts';

/** One thing that happened in a call, in the order it did. */
export type Step =
  | { kind: 'start'; at: string }
  | { kind: 'visit'; at: string; visit: QueueVisit }
  | { kind: 'segment'; at: string; segment: Segment }
  | { kind: 'supervision'; at: string; supervision: Call['supervisions'][number] }
  | { kind: 'end'; at: string };

const rank = { start: 0, visit: 1, segment: 2, supervision: 3, end: 4 };

export function stepsOf(call: Call): Step[] {
  const steps: Step[] = [
    { kind: 'start', at: call.startedAt },
    ...call.queueVisits.map((visit): Step => ({ kind: 'visit', at: visit.from, visit })),
    ...call.segments.map((segment): Step => ({ kind: 'segment', at: segment.from, segment })),
    ...call.supervisions.map(
      (supervision): Step => ({ kind: 'supervision', at: supervision.from, supervision }),
    ),
  ];
  if (call.endedAt) steps.push({ kind: 'end', at: call.endedAt });
  return steps.sort((a, b) => a.at.localeCompare(b.at) || rank[a.kind] - rank[b.kind]);
}
