import type { Static, TSchema } from 'typebox';
import type { Validator } from 'typebox/compile';
import { Compile } from 'typebox/compile';

const compiled = new WeakMap<TSchema, Validator>();

/** The value, after the contract's own schema has accepted it: a fixture that drifts from the contract fails its test. */
export function checked<T extends TSchema>(schema: T, value: unknown): Static<T> {
  const validator = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, validator as Validator);
  if (validator.Check(value)) return value as Static<T>;
  const first = [...validator.Errors(value)][0];
  throw new Error(`The fixture breaks the contract at ${first?.instancePath}: ${first?.message}`);
}
