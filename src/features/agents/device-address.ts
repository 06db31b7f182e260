/**
 * The number behind an address of the PBX, so that `Local/1001@from-queue/n` and `hint:1001@ext-local` lead to the
 * owner of `PJSIP/1001`, and `Local/0612345678@out/n` to that of the outside number `PJSIP/0612345678@trunk`.
 * Empty when there is none.
 */
export function numberOf(address: string): string {
  const bare = address.replace(/^hint:/i, '').replace(/^[A-Za-z][A-Za-z0-9]*[/:]/, '');
  return bare.split(/[@/]/)[0] ?? '';
}

/** Whether the address is made by the dialplan (a queue member's), rather than a device. */
export const isDialplanAddress = (address: string): boolean => /^(Local\/|hint:)/i.test(address);

const withEndpoints = /^(PJSIP|SIP|IAX2)\//;

/** Whether the PBX lists the device among its endpoints: an outside number, DAHDI or SCCP is not. */
export const hasEndpoint = (device: string): boolean => withEndpoints.test(device) && !device.includes('@');

/** Numbers first, in order; names (mostly trunks) last. */
export function compareDevices(a: string, b: string): number {
  const [left, right] = [numberOf(a), numberOf(b)];
  const numeric = Number(/^\d+$/.test(right)) - Number(/^\d+$/.test(left));
  return numeric || left.localeCompare(right, 'en', { numeric: true }) || a.localeCompare(b, 'en');
}
