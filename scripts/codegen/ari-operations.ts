import { modelNames, typeName } from './ari-models.ts';
import type { Operation, Parameter, Resource } from './ari-types.ts';

interface Entry {
  path: string;
  operation: Operation;
}

/**
 * The description types JSON bodies as "containers"; what each holds is only in its prose:
 * variables are strings, or objects with a value and a wish to be reported; fields are tuples.
 */
function bodyType({ nickname }: Operation, { name, dataType }: Parameter): string {
  if (name === 'fields') return 'ConfigTuple[]';
  if (dataType === 'containers' && nickname !== 'userEvent') return 'AriVariables';
  return 'Record<string, unknown>';
}

function sentType(operation: Operation, parameter: Parameter): string {
  if (parameter.paramType === 'body') return bodyType(operation, parameter);
  const listed =
    parameter.allowableValues?.valueType === 'LIST' ? parameter.allowableValues.values : undefined;
  const single = listed
    ? listed.map((value) => JSON.stringify(value)).join(' | ')
    : typeName(parameter.dataType);
  if (!parameter.allowMultiple) return single;
  return `${single} | readonly ${listed ? `(${single})` : single}[]`;
}

const isRequired = (parameter: Parameter) => parameter.paramType === 'path' || parameter.required === true;

function renderSignature({ operation }: Entry): string {
  const parameters = operation.parameters ?? [];
  const reply = typeName(operation.responseClass);
  if (parameters.length === 0) {
    return `  ${operation.nickname}(params?: NoParams, options?: AriCallOptions): Promise<${reply}>;\n`;
  }
  const fields = parameters.map((parameter) => {
    return `${parameter.name}${isRequired(parameter) ? '' : '?'}: ${sentType(operation, parameter)}`;
  });
  const optional = parameters.some(isRequired) ? '' : '?';
  return `  ${operation.nickname}(params${optional}: { ${fields.join('; ')} }, options?: AriCallOptions): Promise<${reply}>;\n`;
}

/** [method, path, names sent in the query, name sent in the body, whether the body is wrapped in its name] */
function renderRow({ path, operation }: Entry): string {
  const parameters = operation.parameters ?? [];
  const query = parameters.filter(({ paramType }) => paramType === 'query').map(({ name }) => `'${name}'`);
  const body = parameters.find(({ paramType }) => paramType === 'body');
  const row = [`'${operation.httpMethod}'`, `'${path}'`, `[${query.join(', ')}]`];
  if (body) row.push(`'${body.name}'`, String(body.dataType === 'containers'));
  return `    ${operation.nickname}: [${row.join(', ')}],\n`;
}

const apiName = (resource: string) => `${resource[0]?.toUpperCase()}${resource.slice(1)}Api`;

function entriesOf(resource: Resource): Entry[] {
  return resource.apis.flatMap(({ path, operations }) =>
    operations.filter(({ upgrade }) => !upgrade).map((operation) => ({ path, operation })),
  );
}

export function renderOperations(resources: Resource[]): string {
  const withOperations = resources.filter((resource) => entriesOf(resource).length > 0);
  const used = new Set<string>(['ConfigTuple']);
  for (const { operation } of withOperations.flatMap(entriesOf)) {
    for (const name of modelNames(operation.responseClass)) used.add(name);
  }
  const apis = withOperations.map((resource) => {
    return `export interface ${apiName(resource.name)} {\n${entriesOf(resource).map(renderSignature).join('')}}\n`;
  });
  const rows = withOperations.map((resource) => {
    return `  ${resource.name}: {\n${entriesOf(resource).map(renderRow).join('')}  },\n`;
  });
  return [
    `import type { AriCallOptions, AriVariables, NoParams, OperationTable } from '../operations.ts';`,
    `import type { ${[...used].sort().join(', ')} } from './models.ts';\n`,
    ...apis,
    `export interface AriOperations {\n${withOperations.map(({ name }) => `  ${name}: ${apiName(name)};\n`).join('')}}\n`,
    `export const operationTable: OperationTable = {\n${rows.join('')}};\n`,
  ].join('\n');
}
