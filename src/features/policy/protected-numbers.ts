import { protectedLines } from '../../contract/policy.ts';

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

/** Calling codes of France and its overseas departments; of the other countries of the Union and its economic area. */
const french = ['33', '262', '590', '594', '596'];
const european = [
  ...[
    '30',
    '31',
    '32',
    '34',
    '36',
    '39',
    '40',
    '43',
    '45',
    '46',
    '47',
    '48',
    '49',
    '351',
    '352',
    '353',
    '354',
  ],
  ...['356', '357', '358', '359', '370', '371', '372', '385', '386', '420', '421', '423'],
];
/** What dialplans put before an outside number. */
const outsidePrefixes = ['', '0', '9'];

/** Each line in all the forms it is dialled in: `112`, `0112`, `+33112`, `00033112`… */
const lines = new Set(protectedLines.flatMap(({ number, country }) => formsOfLine(number, country)));

function formsOfLine(number: string, country: string | null): string[] {
  const codes = country === 'FR' ? french : [...french, ...european];
  const abroad = codes.flatMap((code) => [`+${code}${number}`, `00${code}${number}`]);
  return outsidePrefixes.flatMap((prefix) => [number, ...abroad].map((form) => prefix + form));
}

/** An emergency or help line, as dialled: alone, after the digit for an outside line, with the country before it. */
export function isProtectedLine(number: string): boolean {
  return lines.has(number.replace(/[^0-9+]/g, ''));
}
