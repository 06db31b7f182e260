import { protectedLines } from '../../contract/policy.ts';

/** What the dialplans of many companies put before an outside number. */
const outsidePrefix = '0';
const homeCountry = '33';

/** Whether the number is what the pattern says, `*` at its end standing for any ending. Written nationally or not. */
export function matchesNumber(pattern: string, number: string): boolean {
  const open = pattern.endsWith('*');
  const wanted = formsOf(open ? pattern.slice(0, -1) : pattern);
  const given = formsOf(number);
  return wanted.some((one) => given.some((form) => (open ? form.startsWith(one) : form === one)));
}

/** `0612345678`, `+33612345678` and `0033612345678` are one number. */
function formsOf(number: string): string[] {
  const plain = number.replace(/[^0-9+*#]/g, '').replace(/^00(?=[1-9])/, '+');
  const forms = [plain];
  if (/^0[1-9]\d{8}$/.test(plain)) forms.push(`+${homeCountry}${plain.slice(1)}`);
  else if (/^\+33[1-9]\d{8}$/.test(plain)) forms.push(`0${plain.slice(3)}`);
  return forms;
}

const lines = new Set(protectedLines.map(({ number }) => number));

/** An emergency or help line, as dialled: alone, or after the digit for an outside line. */
export function isProtectedLine(number: string): boolean {
  const digits = number.replace(/\D/g, '');
  return lines.has(digits) || (digits.startsWith(outsidePrefix) && lines.has(digits.slice(1)));
}
