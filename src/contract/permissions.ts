/** Who may do what. Rights come from roles; teams then limit on whom (a manager sees every team). */
export const roles = ['admin', 'manager', 'supervisor', 'agent'] as const;
export type Role = (typeof roles)[number];

export const permissions = [
  'live.view',
  'calls.view',
  'supervision.listen',
  'supervision.whisper',
  'supervision.barge',
  'agents.view',
  'agents.edit',
  'queues.edit',
  'teams.edit',
  'people.edit',
  'audit.view',
] as const;
export type Permission = (typeof permissions)[number];

const supervise: Permission[] = [
  'live.view',
  'calls.view',
  'agents.view',
  'supervision.listen',
  'supervision.whisper',
  'supervision.barge',
];
const configure: Permission[] = ['agents.view', 'agents.edit', 'queues.edit', 'teams.edit', 'people.edit'];

/** `admin` alone may not listen: supervising is for supervisors and managers. */
const byRole: Record<Role, readonly Permission[]> = {
  admin: [...configure, 'audit.view'],
  manager: [...supervise, ...configure, 'audit.view'],
  supervisor: supervise,
  agent: [],
};

export function permissionsOf(held: readonly Role[]): Set<Permission> {
  return new Set(held.flatMap((role) => byRole[role]));
}

/** A manager works on every team; everybody else on his own teams only. */
export function seesEveryTeam(held: readonly Role[]): boolean {
  return held.includes('manager');
}
