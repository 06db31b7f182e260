import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { AppError } from '../../contract/errors.ts';

/**
 * Bodies are taken as they are: no conversion, and an unknown field is an error where the schema says so. Queries, paths
 * and headers are text, so numbers and booleans are read from it.
 */
export function validatorCompiler(): FastifySchemaCompiler<TSchema> {
  const strict = makeAjv(false);
  const fromText = makeAjv(true);
  return ({ schema, httpPart }) => (httpPart === 'body' ? strict : fromText).compile(schema);
}

function makeAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    removeAdditional: false,
    useDefaults: true,
    // The first fault is enough, and a hostile body costs no more than that.
    allErrors: false,
    strict: false,
  });
  addFormats.default(ajv);
  // As we write them: the format's own rule lets `urn:uuid:` through, which PostgreSQL does not read, and capitals, under
  // which nothing in memory is found.
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  return ajv;
}

/** PostgreSQL's text holds no NUL. Refused here, so that no verb meets one. Throws `bad-request`. */
export function refuseNul(...parts: unknown[]): void {
  for (const part of parts) {
    if (holdsNul(part)) throw new AppError('bad-request', 'A NUL character (\\u0000) is nowhere allowed');
  }
}

const depthMax = 50;

function holdsNul(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.includes('\0');
  // Bytes are looked at by who takes them.
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return false;
  if (depth > depthMax) throw new AppError('bad-request', 'The body is nested too deep');
  return Object.entries(value).some(([name, inner]) => name.includes('\0') || holdsNul(inner, depth + 1));
}
