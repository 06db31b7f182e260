import type { NamedRef } from '../../contract/common.ts';
import type { PeopleDirectory, Person } from '../../ports/domain.ts';
import { resourceOf, technologyOf } from './channel-name.ts';
import { cleanText, textLimits } from './clean-text.ts';
import type { LegView } from './leg-view.ts';
import type { Scene } from './scene.ts';

export type People = Pick<PeopleDirectory, 'byId' | 'byDevice' | 'byInterface'> & {
  /** Whose phone a supervision rang, by the leg's unique id; for phones that are nobody's device (a browser's). */
  byOwnLeg?(uniqueId: string): Person | undefined;
};

/** The person behind a leg: by its device, by what was dialled (`PJSIP/06…@trunk`), by the Local wire it was dialled through. */
export function personOf(scene: Scene, leg: LegView, people: People): Person | null {
  if (leg.local) return people.byInterface(scene.pbx, leg.device) ?? null;
  if (leg.isOwn) return people.byOwnLeg?.(leg.uniqueId) ?? people.byDevice(scene.pbx, leg.device) ?? null;
  const own = people.byDevice(scene.pbx, leg.device);
  if (own) return own;
  const { dial } = leg;
  if (!dial) return null;
  if (dial.dialString !== '') {
    const dialled = people.byDevice(scene.pbx, `${technologyOf(leg.channel)}/${dial.dialString}`);
    if (dialled) return dialled;
  }
  const dialler = scene.parentOf(leg);
  if (dialler?.local?.half === 2) return people.byInterface(scene.pbx, dialler.device) ?? null;
  return null;
}

/**
 * Whether a leg is inside the house. A person of ours is; else an endpoint whose own caller number is its name (an
 * extension rings and dials under its number), or that is named as extensions are: two to six digits. Everything else
 * (trunks, gateways) is outside.
 */
export function isInside(leg: LegView, person: Person | null): boolean {
  if (person || leg.isOwn) return true;
  if (leg.local) return false;
  const resource = resourceOf(leg.device);
  return /^\d{2,6}$/.test(resource) || (resource !== '' && resource === leg.caller.number);
}

export const refOf = (person: Person | null | undefined): NamedRef | null =>
  person ? { id: person.id, name: cleanText(person.name, textLimits.name) } : null;
