import { readdirSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes every file of `sourceDir` into `targetDir` with its `@name@` marks filled from `values`.
 * Fails on a mark nobody gave a value for, so that a typo cannot become silent configuration.
 * `added` is text to append as it is, by file name.
 */
export async function writeConfigs(
  sourceDir: string,
  targetDir: string,
  values: Record<string, string | number>,
  added: Record<string, string> = {},
): Promise<void> {
  await mkdir(targetDir, { recursive: true });
  for (const name of readdirSync(sourceDir)) {
    const text = readFileSync(join(sourceDir, name), 'utf8');
    await writeFile(join(targetDir, name), fill(text, values, name));
  }
  for (const [name, text] of Object.entries(added)) await appendFile(join(targetDir, name), `\n${text}\n`);
}

function fill(text: string, values: Record<string, string | number>, where: string): string {
  return text.replace(/@([a-zA-Z]+)@/g, (_mark, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`${where} asks for @${key}@ and nobody gave it`);
    return String(value);
  });
}

/** The text of a configuration file without the sections that are not `wanted`; `[general]` and templates (`(!)`) stay. */
export function onlySections(text: string, wanted: readonly string[]): string {
  const sections = text.split(/^(?=\[)/m);
  return sections
    .filter((section) => {
      const head = /^\[([^\]]+)\](\(!\))?/.exec(section);
      return !head || head[1] === 'general' || head[2] !== undefined || wanted.includes(head[1]!);
    })
    .join('');
}
