import type { LegSnapshot } from '../../ports/telephony-facts.ts';

/** What a ChanSpy or ExtenSpy may listen to, as its arguments say (app_chanspy.c). */
export interface SpyPlan {
  /** False: an option narrows it further (groups, extensions), so that which of the matching legs it is cannot be told. */
  certain: boolean;
  matches(leg: LegSnapshot): boolean;
}

const spyApps = new Set(['chanspy', 'extenspy']);
export const isSpying = (leg: LegSnapshot): boolean => spyApps.has(leg.dialplan.app.toLowerCase());

/**
 * `PJSIP/1001,qb` → legs whose name begins so; with the option `u` a whole name or a unique id; ExtenSpy's `1001@agents` →
 * legs that are at this extension. Null for a leg that does not spy.
 */
export function spyPlanOf(spy: LegSnapshot): SpyPlan | null {
  if (!isSpying(spy)) return null;
  const [spec = '', options = ''] = spy.dialplan.appData.split(',');
  const letters = options.replace(/\([^)]*\)/g, '');
  const certain = !/[eg]/.test(letters);
  return { certain, matches: (leg) => leg.uniqueId !== spy.uniqueId && !isSpying(leg) && wanted(leg) };

  function wanted(leg: LegSnapshot): boolean {
    if (spy.dialplan.app.toLowerCase() === 'extenspy') {
      const [exten = '', context = spy.dialplan.context] = spec.split('@');
      return leg.dialplan.exten === exten && leg.dialplan.context === context;
    }
    if (letters.includes('u') && spec !== '') return leg.uniqueId === spec || sameName(leg.channel, spec);
    return leg.channel.toLowerCase().startsWith(spec.toLowerCase());
  }
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** `PJSIP/1901` of `PJSIP/1901-0000002a`. */
export const deviceOfChannel = (channel: string): string => channel.replace(/-[0-9a-f]+(;[12])?$/i, '');
