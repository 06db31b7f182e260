import { readFileSync } from 'node:fs';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { parseTableUrl } from './adapters/cel/table-address.ts';
import { PbxName, pbxNamePattern } from './contract/common.ts';
import { AppError } from './contract/errors.ts';

/** One PBX, as the settings name it. */
export interface PbxConfig {
  name: string;
  ari: {
    url: string;
    username: string;
    password: string;
    app: string;
    /** Who dials; absent: `inbound`, we do. */
    transport?: 'inbound' | 'outbound' | undefined;
  };
  ami: { host: string; port: number; username: string; password: string } | null;
  cel: CelConfig | null;
  /** Where what an agent's browser phone dials goes; null: it only receives calls. */
  phoneContext: string | null;
  /** How this PBX dials a device of another, by that PBX's name: `PJSIP/{device}@to-lyon`. */
  dialStrings: Readonly<Record<string, string>>;
}

/** Where Asterisk's journal comes from: a file, a database's table, or whoever sends it and knows the token. */
export type CelConfig = { file: string } | { url: string } | { token: string };

export const pbxsMax = 100;
export const tokenForm = /^[\x21-\x7e]{20,200}$/;
/** With an id it becomes the name of an extension, of 80 characters at most. */
export const ariAppLengthMax = 40;
export const contextPattern = '^[A-Za-z0-9_-]+$';
export const contextLengthMax = 79;
const amiPortDefault = 5038;

const text = Type.String({ minLength: 1, maxLength: 500 });
/** One dial string with the place of the device; nothing that dials two targets or ends an argument. */
const DialString = Type.String({
  maxLength: 150,
  pattern: '^[A-Za-z][A-Za-z0-9]{1,15}/[^\\s&,|()$"\\\\;{}]*\\{device\\}[^\\s&,|()$"\\\\;{}]*$',
});
const closed = { additionalProperties: false };

/** One entry of PBX_CONFIG's file. */
const Entry = Type.Object(
  {
    name: PbxName,
    ari: Type.Object(
      {
        url: text,
        username: text,
        password: text,
        app: Type.Optional(
          Type.String({ minLength: 1, maxLength: ariAppLengthMax, pattern: pbxNamePattern }),
        ),
        transport: Type.Optional(Type.Enum(['inbound', 'outbound'])),
      },
      closed,
    ),
    ami: Type.Optional(
      Type.Object(
        {
          host: text,
          port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
          username: text,
          password: text,
        },
        closed,
      ),
    ),
    cel: Type.Optional(
      Type.Object(
        { file: Type.Optional(text), url: Type.Optional(text), token: Type.Optional(text) },
        closed,
      ),
    ),
    dialplanContext: Type.Optional(Type.String({ maxLength: contextLengthMax, pattern: contextPattern })),
    dialStrings: Type.Optional(Type.Record(PbxName, DialString)),
  },
  closed,
);
type Entry = Static<typeof Entry>;

/**
 * The PBXs of a file `[{name, ari, ami?, cel?, dialplanContext?, dialStrings?}]`. Throws `bad-setting`, which names the
 * entry and the field and never a value.
 */
export function readPbxFile(
  file: string,
  defaults: { app: string; phoneContext: string | null },
): PbxConfig[] {
  const entries = entriesOf(file);
  const names = entries.map(({ name }) => name);
  return entries.map((entry, i) => {
    const at = `entry ${i + 1} (${entry.name})`;
    if (names.indexOf(entry.name) !== i) throw wrong(`${at}: the name is that of an earlier entry`);
    const stranger = Object.keys(entry.dialStrings ?? {}).find((name) => !names.includes(name));
    if (stranger !== undefined) throw wrong(`${at}: dialStrings names ${stranger}, which is no entry`);
    return {
      name: entry.name,
      ari: { ...entry.ari, url: ariUrl(entry.ari.url, at), app: entry.ari.app ?? defaults.app },
      ami: entry.ami ? { ...entry.ami, port: entry.ami.port ?? amiPortDefault } : null,
      cel: celOf(entry.cel, at),
      phoneContext: entry.dialplanContext ?? defaults.phoneContext,
      dialStrings: entry.dialStrings ?? {},
    };
  });
}

function entriesOf(file: string): Entry[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // What does not parse is not repeated: it may be a password.
    const why = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${codeOf(error)})`;
    throw wrong(`${file} ${why}`);
  }
  if (!Array.isArray(content)) throw wrong(`${file} is not a list of PBXs`);
  if (content.length === 0) throw wrong(`${file} names no PBX`);
  if (content.length > pbxsMax) throw wrong(`${file} names more than ${pbxsMax} PBXs`);
  for (const [i, entry] of content.entries()) assertEntry(entry, i);
  return content as Entry[];
}

function assertEntry(entry: unknown, i: number): asserts entry is Entry {
  const [first] = Value.Errors(Entry, entry);
  if (!first) return;
  const { name } = (entry ?? {}) as { name?: unknown };
  const called = Value.Check(PbxName, name) ? ` (${name})` : '';
  const params = first.params as { requiredProperties?: string[]; additionalProperties?: string[] };
  const [field] = params.requiredProperties ?? params.additionalProperties ?? [];
  const place = [...first.instancePath.split('/').slice(1), ...(field === undefined ? [] : [field])];
  const isUnknown = params.additionalProperties || first.keyword === 'boolean';
  const problem = params.requiredProperties ? 'is missing' : isUnknown ? 'is unknown' : first.message;
  throw wrong(`entry ${i + 1}${called}: ${place.join('.') || 'it'} ${problem}`);
}

/** ARI's address without its last slashes; `at` says whose it is. Throws `bad-setting`. */
function ariUrl(value: string, at: string): string {
  const parsed = URL.parse(value);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw wrong(`${at}: ari.url is not a http:// or https:// address`);
  if (parsed.username || parsed.search)
    throw wrong(`${at}: ari.url holds a user or a query; credentials go into ari.username and ari.password`);
  return value.replace(/\/+$/, '');
}

function celOf(given: Entry['cel'], at: string): CelConfig | null {
  if (given === undefined) return null;
  const { file, url, token = '' } = given;
  if (Object.keys(given).length !== 1) throw wrong(`${at}: cel names one of file, url and token`);
  if (file !== undefined) return { file };
  if (url !== undefined) return { url: celUrl(url, (why) => wrong(`${at}: cel.url ${why}`)) };
  if (!tokenForm.test(token)) throw wrong(`${at}: cel.token ${tokenRule}`);
  return { token };
}

export const tokenRule = 'is not of 20 to 200 characters without spaces';

/** The address of a table, when it is one. Throws what `wrongly` makes of the reason. */
export function celUrl(url: string, wrongly: (why: string) => AppError): string {
  try {
    parseTableUrl(url);
    return url;
  } catch (error) {
    throw wrongly((error as Error).message);
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? 'failed');
const wrong = (what: string): AppError => new AppError('bad-setting', `PBX_CONFIG: ${what}`);
