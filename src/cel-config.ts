import { AppError } from './contract/errors.ts';
import { type CelConfig, celUrl, tokenForm, tokenRule } from './pbx-config.ts';

/** What `vigie collect` sends, where to, and for which PBX. */
export interface Collect {
  to: string;
  token: string;
  file: string;
  pbx: string;
}

type Values = Record<
  'CEL_FILE' | 'CEL_URL' | 'COLLECT_TOKEN' | 'COLLECT_TO' | 'ARI_URL' | 'PBX_CONFIG' | 'PBX_NAME',
  string
>;

/** Where the one PBX's journal comes from. Throws `bad-setting`, without any value. */
export function celConfig(values: Values): CelConfig | null {
  const { CEL_FILE: file, CEL_URL: table, COLLECT_TOKEN: token } = values;
  const named = (['CEL_FILE', 'CEL_URL', 'COLLECT_TOKEN'] as const).filter((name) => values[name] !== '');
  if (named.length > 1) throw wrong(`${named.join(' and ')} are set; the journal has one source`);
  if (file) return { file };
  if (table) return { url: celUrl(table, (why) => wrong(`CEL_URL ${why}`)) };
  return token ? { token: tokenOf(token) } : null;
}

/** Null on a server. Throws `bad-setting`, without any value. */
export function collectConfig(values: Values): Collect | null {
  if (values.COLLECT_TO === '') return null;
  if (values.ARI_URL || values.PBX_CONFIG)
    throw wrong('COLLECT_TO is for a PBX host; a server with a PBX of its own sends nothing');
  for (const name of ['COLLECT_TOKEN', 'CEL_FILE'] as const)
    if (!values[name]) throw wrong(`COLLECT_TO is set, ${name} is missing`);
  const to = URL.parse(values.COLLECT_TO);
  if (!to || !['http:', 'https:'].includes(to.protocol))
    throw wrong('COLLECT_TO is not a http:// or https:// address');
  if (to.username || to.search)
    throw wrong('COLLECT_TO holds a user or a query; the token goes into COLLECT_TOKEN');
  return {
    to: values.COLLECT_TO.replace(/\/+$/, ''),
    token: tokenOf(values.COLLECT_TOKEN),
    file: values.CEL_FILE,
    pbx: values.PBX_NAME,
  };
}

function tokenOf(token: string): string {
  if (!tokenForm.test(token)) throw wrong(`COLLECT_TOKEN ${tokenRule}`);
  return token;
}

const wrong = (what: string): AppError => new AppError('bad-setting', what);
