import { AppError } from '../contract/errors.ts';

/** What a PBX is called that nobody has named. */
export const defaultPbxName = 'main';

/** The PBX that was asked for; the only one when none was. Throws `validation-failed`, which lists them. */
export function chosenPbx(pbxNames: readonly string[], asked: string | undefined): string {
  const [only = defaultPbxName] = pbxNames;
  if (asked === undefined && pbxNames.length < 2) return only;
  if (asked !== undefined && pbxNames.includes(asked)) return asked;
  throw new AppError('validation-failed', whichPbx(pbxNames, asked), { field: 'pbx' });
}

/** What is wrong with the choice. */
export const whichPbx = (pbxNames: readonly string[], asked: string | undefined): string =>
  `${asked === undefined ? 'Say which PBX' : 'There is no such PBX'}: ${pbxNames.join(', ')}`;
