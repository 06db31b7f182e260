import { AppError } from '../contract/errors.ts';
import {
  everyTeamKey,
  type Permission,
  permissionsOf,
  type Role,
  seesEveryTeam,
} from '../contract/permissions.ts';

/** The signed-in person on whose behalf a verb runs: the first argument of every verb. */
export interface Viewer {
  personId: string;
  name: string;
  roles: readonly Role[];
  permissions: ReadonlySet<Permission>;
  teamIds: readonly string[];
  everyTeam: boolean;
  /** Permissions that the policy takes from his roles on some teams, by team. */
  withheld: ReadonlyMap<string, ReadonlySet<Permission>>;
}

const nothing: ReadonlyMap<string, ReadonlySet<Permission>> = new Map();

export function makeViewer(person: {
  id: string;
  name: string;
  roles: readonly Role[];
  teamIds: readonly string[];
  withheld?: Viewer['withheld'];
}): Viewer {
  const lacking = person.withheld?.get(everyTeamKey);
  const held = permissionsOf(person.roles);
  return {
    personId: person.id,
    name: person.name,
    roles: person.roles,
    permissions: lacking ? held.difference(lacking) : held,
    teamIds: person.teamIds,
    everyTeam: seesEveryTeam(person.roles),
    withheld: person.withheld ?? nothing,
  };
}

/** The first line of every verb. Throws `not-allowed`. */
export function assertMay(viewer: Viewer, permission: Permission): void {
  if (!viewer.permissions.has(permission)) {
    throw new AppError('not-allowed', `You do not have the right ${permission}`, { permission });
  }
}

/** Whether the viewer's teams and these meet. Those with no team at all are seen by managers and administrators only. */
export function seesTeams(viewer: Viewer, teamIds: readonly string[]): boolean {
  if (viewer.everyTeam || viewer.roles.includes('admin')) return true;
  return teamIds.some((id) => viewer.teamIds.includes(id));
}
