/** Who may do what. Rights come from roles; teams then limit on whom (a manager sees every team). */
export const roles = ['admin', 'manager', 'supervisor', 'agent'] as const;
export type Role = (typeof roles)[number];

export const permissions = [
  'live.view',
  'calls.view',
  'supervision.listen',
  'supervision.whisper',
  'supervision.barge',
  'supervision.persistent',
  'supervision.intercept',
  'screens.watch',
  'chat.write',
  'chat.read-all',
  'agents.control',
  'calls.move',
  'evaluations.write',
  'evaluations.view-all',
  'policy.view',
  'policy.edit',
  'agent-page',
  'agents.view',
  'agents.edit',
  'queues.edit',
  'teams.edit',
  'people.edit',
  'audit.view',
] as const;
export type Permission = (typeof permissions)[number];

/** Those the policy may take from a role: what is done to an agent or his calls. Never the way back to the policy itself. */
export const withholdable = [
  'supervision.listen',
  'supervision.whisper',
  'supervision.barge',
  'supervision.persistent',
  'supervision.intercept',
  'screens.watch',
  'chat.write',
  'agents.control',
  'calls.move',
  'evaluations.write',
] as const satisfies readonly Permission[];
/** The key, among teams, of what is withheld on every team and on those who have none. */
export const everyTeamKey = '*';

const supervise: Permission[] = [
  'live.view',
  'calls.view',
  'agents.view',
  'supervision.listen',
  'supervision.whisper',
  'supervision.barge',
  'supervision.persistent',
  'supervision.intercept',
  'screens.watch',
  'chat.write',
  'agents.control',
  'calls.move',
  'evaluations.write',
  'policy.view',
];
const manage: Permission[] = ['chat.read-all', 'evaluations.view-all', 'policy.edit', 'audit.view'];
const configure: Permission[] = ['agents.view', 'agents.edit', 'queues.edit', 'teams.edit', 'people.edit'];

/** `admin` alone may not listen, watch, take over or chat: that is for supervisors and managers. */
const byRole: Record<Role, readonly Permission[]> = {
  admin: [...configure, 'policy.view', 'policy.edit', 'audit.view'],
  manager: [...supervise, ...configure, ...manage],
  supervisor: supervise,
  agent: ['agent-page'],
};

export function permissionsOf(held: readonly Role[]): Set<Permission> {
  return new Set(held.flatMap((role) => byRole[role]));
}

/** A manager works on every team; everybody else on his own teams only. */
export function seesEveryTeam(held: readonly Role[]): boolean {
  return held.includes('manager');
}
