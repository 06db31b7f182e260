/** What a channel's name tells. Names are `TECHNOLOGY/resource-sequence`, with marks Asterisk adds while it swaps channels. */

/** Technologies that carry no person: tools of the PBX. `Local` is a wire between two of its own ends. */
const tools = new Set([
  'Announcer',
  'AsyncGoto',
  'AudioSocket',
  'Bridge',
  'CBAnn',
  'CBRec',
  'ConfBridgeRecorder',
  'Feature',
  'Message',
  'MulticastRTP',
  'Parked',
  'Recorder',
  'Snoop',
  'Surrogate',
  'UnicastRTP',
  'WebSocket',
]);

/** `PJSIP` of `PJSIP/1001-0000002a`, '' when there is no slash. */
export const technologyOf = (channel: string): string => channel.slice(0, Math.max(0, channel.indexOf('/')));

export const isTool = (channel: string): boolean => tools.has(technologyOf(channel));

/** Whether the name is of a channel that Asterisk swapped out (pickup, old transfers): its leg goes on under another name. */
export const isZombie = (channel: string): boolean => /<(ZOMBIE|MASQ)>/.test(channel);

/**
 * The device of a channel: `PJSIP/1001-0000002a` → `PJSIP/1001`, `DAHDI/i1/0612345678-3` → `DAHDI/i1/0612345678`,
 * `Local/1001@from-queue-00000003;1` → `Local/1001@from-queue`. The name itself when it has no sequence number.
 */
export function deviceOf(channel: string): string {
  const bare = channel.replace(/<(ZOMBIE|MASQ)>/g, '').replace(/^(AsyncGoto|Bridge|Transfered|Parked)\//, '');
  const local = /^(Local\/.+)-[0-9a-f]{8};[12]$/.exec(bare);
  if (local) return local[1]!;
  return bare.replace(/-[0-9a-f]+$/i, '');
}

/** The pair and the half of a Local channel, null for any other. */
export function localHalfOf(channel: string): { pair: string; half: 1 | 2 } | null {
  if (!channel.startsWith('Local/')) return null;
  const found = /^(Local\/.+-[0-9a-f]{8});([12])(?:<ZOMBIE>)?$/.exec(channel);
  if (!found) return null;
  return { pair: found[1]!, half: found[2] === '1' ? 1 : 2 };
}

/** `1001` of `PJSIP/1001`. */
export const resourceOf = (device: string): string => device.slice(device.indexOf('/') + 1);

/** The number a dial string asks for: `0612345678` of `0612345678@trunk`, of `trunk/0612345678` and of `PJSIP/0612345678@trunk`; null when it holds none. */
export function numberDialled(dialString: string): string | null {
  const [before = ''] = dialString.split('@');
  const found = before.split('/').findLast((part) => /^\+?[0-9*#]{2,40}$/.test(part));
  return found ?? null;
}

/**
 * The devices a Dial application asks for: `PJSIP/1001&PJSIP/1002,30,tk` → both; `PJSIP/1001/sip:…` → `PJSIP/1001`.
 * A number behind a trunk stays whole (`PJSIP/0612345678@trunk`), Local wires are left out.
 */
export function devicesAskedFor(dialData: string): string[] {
  const [targets = ''] = dialData.split(',');
  return targets.split('&').flatMap((target) => {
    const [technology, resource] = target.split('/');
    return technology && resource && technology !== 'Local' ? [`${technology}/${resource}`] : [];
  });
}
