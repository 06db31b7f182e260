import type { Model, Property, Resource } from './ari-types.ts';

const primitives: Record<string, string> = {
  string: 'string',
  int: 'number',
  long: 'number',
  double: 'number',
  boolean: 'boolean',
  Date: 'string',
  object: 'Record<string, unknown>',
  void: 'void',
  binary: 'Buffer',
};

/** Frames of REST over the websocket: described beside the events, but no event of an application. */
const restFrames = ['RESTRequest', 'RESTResponse'];

export function typeName(type: string): string {
  const list = /^List\[(.+)\]$/.exec(type);
  if (list) return `${typeName(list[1] ?? '')}[]`;
  return primitives[type] ?? type;
}

/** Every model name that a type expression mentions, for the import line. */
export function modelNames(type: string): string[] {
  const bare = type.replace(/^List\[(.+)\]$/, '$1');
  return bare in primitives ? [] : [bare];
}

/** What Asterisk may send: the values it lists, or one that a later version adds. */
function receivedType(property: Property): string {
  const values = property.allowableValues?.valueType === 'LIST' ? property.allowableValues.values : undefined;
  if (!values || property.type !== 'string') return typeName(property.type);
  return `${values.map((value) => JSON.stringify(value)).join(' | ')} | (string & {})`;
}

function renderProperties(model: Model): string {
  return Object.entries(model.properties)
    .map(([name, property]) => `  ${name}${property.required ? '' : '?'}: ${receivedType(property)};\n`)
    .join('');
}

function allModels(resources: Resource[]): Map<string, Model> {
  return new Map(resources.flatMap((resource) => Object.entries(resource.models)));
}

function eventNames(models: Map<string, Model>): string[] {
  const names = models.get('Event')?.subTypes ?? [];
  return names.filter((name) => !restFrames.includes(name)).sort();
}

export function renderModels(resources: Resource[]): string {
  const models = allModels(resources);
  const notHere = new Set([...eventNames(models), 'Event', 'Message', 'MissingParams']);
  const bodies = [...models]
    .filter(([name]) => !notHere.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, model]) => `export interface ${name} {\n${renderProperties(model)}}\n`);
  return bodies.join('\n');
}

export function renderEvents(resources: Resource[]): string {
  const models = allModels(resources);
  const names = eventNames(models);
  const used = new Set<string>();
  const bodies = names.map((name) => {
    const model = models.get(name);
    if (!model) throw new Error(`The description names an event without describing it: ${name}`);
    for (const property of Object.values(model.properties))
      for (const model of modelNames(property.type)) used.add(model);
    return `export interface ${name} extends AriEventBase {\n  type: '${name}';\n${renderProperties(model)}}\n`;
  });
  return [
    `import type { ${[...used].sort().join(', ')} } from './models.ts';\n`,
    `export interface AriEventBase {\n  type: string;\n  application: string;\n  timestamp: string;\n  asterisk_id?: string;\n}\n`,
    ...bodies,
    `export interface AriEventByType {\n${names.map((name) => `  ${name}: ${name};\n`).join('')}}\n`,
    `export type AriEventType = keyof AriEventByType;\n`,
    `export type AriEvent = AriEventByType[AriEventType];\n`,
    `export const ariEventTypes: readonly AriEventType[] = [\n${names.map((name) => `  '${name}',\n`).join('')}];\n`,
  ].join('\n');
}
