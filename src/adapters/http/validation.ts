import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';

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
  return ajv;
}
