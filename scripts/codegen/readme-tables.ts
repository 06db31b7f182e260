/** Rewrites the README's settings and error tables from the code. A test compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../../src/config.ts';
import { errorRegistry } from '../../src/contract/errors.ts';
import { projectFolder } from '../../src/paths.ts';

const file = join(projectFolder(), 'README.md');
let readme = readFileSync(file, 'utf8');

replaceTable(
  'Settings',
  '| setting | default | what it is |\n|---|---|---|',
  Object.entries(settings).map(([name, schema]) => {
    const { default: fallback, description } = schema as { default?: unknown; description?: string };
    return `| \`${name}\` | ${String(fallback ?? '') ? `\`${fallback}\`` : '–'} | ${description} |`;
  }),
);
replaceTable(
  'Errors',
  '| code | status | what it means |\n|---|---|---|',
  Object.entries(errorRegistry).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`),
);
writeFileSync(file, readme);

function replaceTable(heading: string, head: string, rows: string[]): void {
  const section = new RegExp(`(^#+ ${heading}$[^|]*)(^\\|[^\\n]*\\n)+`, 'm');
  if (!section.test(readme)) throw new Error(`No table below “${heading}” in README.md`);
  readme = readme.replace(section, (_all, before: string) => `${before}${head}\n${rows.join('\n')}\n`);
}
