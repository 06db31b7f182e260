import { readFileSync } from 'node:fs';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { AppError } from './contract/errors.ts';
import type { ConfiguredPhone } from './ports/phones.ts';

const word = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,79}$' });
const File = Type.Array(
  Type.Object(
    { login: Type.String({ minLength: 1 }), endpoint: word, password: Type.String({ minLength: 8 }) },
    { additionalProperties: false },
  ),
  { maxItems: 10_000 },
);

/** The configured browser phones by login. Throws `bad-setting`, which names the file and no password. */
export function readBrowserPhones(file: string | null): ReadonlyMap<string, ConfiguredPhone> {
  if (file === null) return new Map();
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new AppError('bad-setting', `BROWSER_PHONES: ${file} cannot be read as JSON`);
  }
  if (!Value.Check(File, content)) {
    const where = [...Value.Errors(File, content)][0]?.instancePath ?? '';
    throw new AppError('bad-setting', `BROWSER_PHONES: ${file} is wrong at ${where || 'its beginning'}`);
  }
  return new Map(
    content.map(({ login, endpoint, password }) => [login.trim().toLowerCase(), { endpoint, password }]),
  );
}
