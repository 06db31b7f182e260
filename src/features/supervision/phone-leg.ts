import type { SupervisionEnd } from '../../contract/supervisions.ts';

/** How long a supervisor's phone may ring before the supervision ends with `phone-timeout`. */
export const ringTimeoutMs = 20_000;

/** One real device, not `Local/…` (which may lead anywhere) and not several at once. */
export function isRealDevice(device: string): boolean {
  return /^(?!local\/)[a-z][a-z0-9]{1,15}\/[^&,|\s]+$/i.test(device);
}

/**
 * Whether the channel that answered is the device that was rung: `PJSIP/1001-0000002a` is `PJSIP/1001` and
 * `PJSIP/trunk-0000002b` is `PJSIP/0612345678@trunk`.
 */
export function isChannelOf(device: string, channel: string): boolean {
  const [technology = '', ...rest] = device.split('/');
  const address = rest[0] ?? '';
  const name = address.includes('@') ? address.slice(address.lastIndexOf('@') + 1) : address;
  const wanted = `${technology}/${name}`.toLowerCase();
  return channel.replace(/-[^-]*$/, '').toLowerCase() === wanted;
}

/** Q.850 causes. */
const userBusy = 17;
const noUserResponding = 18;
const noAnswer = 19;
const rejected = 21;

/**
 * Why a phone that we rang did not answer. The SIP code (RFC 3261, 21) says more than the Q.850 cause that Asterisk makes of it.
 * 480 is what a phone says that is not there or does not want to be disturbed: it cannot be told which.
 */
export function whyPhoneFailed(cause: number, sipCode: number | null): SupervisionEnd {
  if (sipCode !== null && sipCode >= 300 && sipCode < 400) return 'phone-forwarded';
  if (sipCode === 486 || sipCode === 600) return 'phone-busy';
  if (sipCode === 603 || sipCode === 403 || sipCode === 607) return 'phone-refused';
  if (sipCode === 408 || sipCode === 480 || sipCode === 404) return 'phone-unreachable';
  switch (cause) {
    case userBusy:
      return 'phone-busy';
    case rejected:
      return 'phone-refused';
    case noUserResponding:
    case noAnswer:
      return 'phone-timeout';
    default:
      return 'phone-unreachable';
  }
}
