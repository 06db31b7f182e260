import type { Person } from '../../ports/domain.ts';
import { devicesAskedFor, resourceOf } from './channel-name.ts';
import type { Scene } from './scene.ts';
import { legSpan, type Subject } from './subject.ts';
import type { People } from './whose-leg.ts';

/** A device the dialplan wanted to dial and for which the PBX made no leg at all: nothing is registered there. */
export interface DialInVain {
  atMs: number;
  device: string;
  person: Person | null;
  inside: boolean;
}

export function dialsInVain(scene: Scene, subject: Subject, people: People): DialInVain[] {
  return subject.spans.flatMap(({ leg, from, to }) =>
    leg.steps.flatMap((step, i) => {
      if (step.app !== 'Dial' || step.appData === '' || step.atMs < from || step.atMs > to) return [];
      const untilMs = leg.steps[i + 1]?.atMs ?? legSpan(leg).to;
      if (untilMs === Number.POSITIVE_INFINITY) return [];
      const made = scene
        .childrenOf(leg)
        .some((child) => child.createdAtMs >= step.atMs && child.createdAtMs <= untilMs);
      if (made) return [];
      return devicesAskedFor(step.appData).map((device) => {
        const person = people.byDevice(scene.pbx, device) ?? null;
        return {
          atMs: step.atMs,
          device,
          person,
          inside: person !== null || /^\d{2,6}$/.test(resourceOf(device)),
        };
      });
    }),
  );
}
