import type { FactBody, LegSnapshot } from '../../ports/telephony-facts.ts';
import type { CelRow } from './cel-row.ts';
import type { KnownLeg } from './known-leg.ts';

export interface Dialler extends KnownLeg {
  uniqueId: string;
}
export const dialling = new Set(['Dial', 'Queue', 'FollowMe', 'Page', 'RetryDial']);

/** Who dialled a new leg: the one leg of its linked id that can have. Of several, the one whose Dial names its device. */
export function dialOf(row: CelRow, known: KnownLeg, diallers: readonly Dialler[]): FactBody[] {
  const device = deviceOf(row.channel);
  const naming = diallers.filter(({ appData }) => device !== '' && namesDevice(appData, device));
  const [by, ...others] = naming.length > 0 ? naming : diallers;
  if (!by || others.length > 0 || row.channel.endsWith(';2')) return [];
  const dialString = by.app === 'Dial' ? dialStringOf(by.appData, device) : '';
  if (dialString === '') known.dialler = by.uniqueId;
  return [dialFact(by.uniqueId, snapshotOf(row.uniqueId, known), dialString)];
}

export const dialFact = (callerUniqueId: string | null, peer: LegSnapshot, dialString: string): FactBody => ({
  kind: 'dial',
  callerUniqueId,
  peer,
  dialString,
  status: '',
  forward: '',
  forwardedUniqueId: null,
});

/** `PJSIP/1001` of `PJSIP/1001-0000002a`. */
export const deviceOf = (channel: string): string => channel.replace(/-[0-9a-f]+(;[12])?$/, '');

/** A leg that somebody dialled, without what is not known of it. */
export const snapshotOf = (
  uniqueId: string,
  known: Pick<KnownLeg, 'channel' | 'linkedId' | 'createdAtMs' | 'isUp'>,
): LegSnapshot => ({
  uniqueId,
  channel: known.channel,
  linkedId: known.linkedId,
  createdAtMs: known.createdAtMs,
  state: known.isUp === true ? 'up' : 'down',
  caller: { number: '', name: '' },
  connected: { number: '', name: '' },
  accountCode: '',
  dialplan: { context: '', exten: '', priority: 0, app: 'AppDial', appData: '' },
});

const namesDevice = (appData: string, device: string): boolean => dialStringOf(appData, device) !== '';

/** The target of a Dial by which the device was rung: `PJSIP/1001`, `PJSIP/0612345678@trunk`, `SIP/trunk/0612345678`. */
export function dialStringOf(appData: string, device: string): string {
  const [technology = '', resource = ''] = [
    device.slice(0, device.indexOf('/')),
    device.slice(device.indexOf('/') + 1),
  ];
  const targets = (appData.split(',', 1)[0] ?? '').split('&');
  const target = targets.find(
    (one) =>
      one === device ||
      one.startsWith(`${device}/`) ||
      (one.startsWith(`${technology}/`) && one.endsWith(`@${resource}`)),
  );
  return target ? target.slice(technology.length + 1) : '';
}
