import type { Channel } from '../../asterisk-ari-client/index.ts';
import { isOwnId } from '../../ports/telephony.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { technologyOf } from './snapshots.ts';

/** A snoop that another program made: Asterisk names it `Snoop/` + the unique id of the leg that is heard + a number. */
export const isForeignSnoop = ({ id, name }: Channel): boolean =>
  technologyOf(name) === 'Snoop' && !isOwnId(id);

/** Its beginning as a fact; its dialplan names the program's application, as `recorder,arg1,arg2`. */
export function snoopFactOf({ id, name, dialplan }: Channel): FactBody | undefined {
  const target = /^Snoop\/(.+)-[0-9a-f]{8}$/.exec(name)?.[1];
  if (!target) return undefined;
  const app = (dialplan?.app_data ?? '').split(',')[0] ?? '';
  return {
    kind: 'spy-began',
    spy: { uniqueId: id, channel: name, via: 'snoop', app },
    target: { uniqueId: target, channel: '' },
  };
}
