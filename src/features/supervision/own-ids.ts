import { ownIdPrefix } from '../../ports/telephony.ts';

/** Names on the PBX of what a supervision makes there; derived from its id, so that a restart finds them. */
export const bridgeIdOf = (supervisionId: string): string => `${ownIdPrefix}${supervisionId}-bridge`;
export const phoneLegIdOf = (supervisionId: string, n: number): string =>
  `${ownIdPrefix}${supervisionId}-phone-${n}`;
export const snoopLegIdOf = (supervisionId: string, n: number): string =>
  `${ownIdPrefix}${supervisionId}-snoop-${n}`;
export const beepLegIdOf = (supervisionId: string, n: number): string =>
  `${ownIdPrefix}${supervisionId}-beep-${n}`;

/** The agent who stays and listens: his own leg is called so, or one that we ring for him is. */
export const listenerLegIdOf = (supervisionId: string, n: number): string =>
  `${ownIdPrefix}${supervisionId}-listener-${n}`;

export interface OwnId {
  supervisionId: string;
  kind: 'bridge' | 'phone' | 'snoop' | 'beep' | 'customer' | 'listener';
  n: number;
}

const pattern = new RegExp(
  `^${ownIdPrefix}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(?:(bridge)|(phone|snoop|beep|customer|listener)-(\\d{1,6}))$`,
);

/** Null for anything that is no supervision's: a call's leg, or another kind of helper. */
export function parseOwnId(id: string): OwnId | null {
  const match = pattern.exec(id);
  if (!match) return null;
  const kind = (match[2] ?? match[3]) as OwnId['kind'];
  return { supervisionId: match[1]!, kind, n: Number(match[4] ?? 0) };
}
