/**
 * Writes src/asterisk-ari-client/generated/ from Asterisk's own description of its REST interface
 * (the `rest-api` folder that Asterisk installs, also served at /ari/api-docs).
 *
 *   node scripts/codegen/ari-types.ts [folder with *.json] [--check]
 *
 * Names and types are taken, not the describing prose: the output holds facts of the protocol only.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderEvents, renderModels } from './ari-models.ts';
import { renderOperations } from './ari-operations.ts';

const root = join(import.meta.dirname, '../..');
const labDescription = join(root, '.lab/rootfs/usr/share/asterisk/rest-api');
const outputFolder = join(root, 'src/asterisk-ari-client/generated');

export interface Property {
  type: string;
  required?: boolean;
  allowableValues?: { valueType: string; values?: string[] };
}
export interface Model {
  id: string;
  properties: Record<string, Property>;
  subTypes?: string[];
}
export interface Parameter extends Omit<Property, 'type'> {
  name: string;
  dataType: string;
  paramType: 'path' | 'query' | 'body';
  allowMultiple?: boolean;
}
export interface Operation {
  httpMethod: string;
  nickname: string;
  responseClass: string;
  upgrade?: string;
  parameters?: Parameter[];
}
export interface Resource {
  name: string;
  apis: { path: string; operations: Operation[] }[];
  models: Record<string, Model>;
}

/** Reads every resource of a description folder, in a stable order. */
export function readDescription(folder: string): Resource[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'resources.json')
    .sort()
    .map((file) => {
      const json = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Partial<Resource>;
      return { name: file.slice(0, -5), apis: json.apis ?? [], models: json.models ?? {} };
    });
}

/** The generated files by name: the same description always gives the same text. */
export function renderAriTypes(folder: string): Record<string, string> {
  const resources = readDescription(folder);
  return {
    'models.ts': renderModels(resources),
    'events.ts': renderEvents(resources),
    'operations.ts': renderOperations(resources),
  };
}

function main(args: string[]): number {
  const folder = args.find((arg) => !arg.startsWith('--')) ?? labDescription;
  if (!existsSync(folder)) {
    console.error(
      `No description of Asterisk's REST interface in ${folder}: install the lab, or name the folder.`,
    );
    return 1;
  }
  const files = Object.entries(renderAriTypes(folder));
  const differs = ([name, text]: [string, string]) => {
    const path = join(outputFolder, name);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  };
  const changed = files.filter(differs);
  if (args.includes('--check')) {
    for (const [name] of changed) console.error(`generated/${name} differs from ${folder}`);
    return changed.length === 0 ? 0 : 1;
  }
  mkdirSync(outputFolder, { recursive: true });
  for (const [name, text] of changed) writeFileSync(join(outputFolder, name), text);
  console.log(`${changed.length} of ${files.length} files changed`);
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = main(process.argv.slice(2));
