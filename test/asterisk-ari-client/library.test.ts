import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { labDescription, readGenerated, renderAriTypes } from '../../scripts/codegen/ari-types.ts';
import { ariErrorCodes, ariEventTypes, clientDefaults } from '../../src/asterisk-ari-client/index.ts';

const library = join(import.meta.dirname, '../../src/asterisk-ari-client');
const readme = readFileSync(join(library, 'README.md'), 'utf8');

t.test('the generated types are those of Asterisk’s own description', async (t) => {
  const description = await labDescription();
  const rendered = renderAriTypes(description);
  const describedVersion = /of Asterisk (\S+):/.exec(readGenerated('events.ts'))?.[1];
  t.ok(describedVersion);
  for (const [name, text] of Object.entries(rendered)) {
    if (description.version === describedVersion) t.equal(readGenerated(name), text, name);
  }
  // A later Asterisk may describe more, but must still have every operation that we can send.
  const rowsOf = (text = '') =>
    new Set([...text.matchAll(/^ {4}\w+: \['[A-Z]+', '[^']+'/gm)].map(([row]) => row));
  const ours = rowsOf(readGenerated('operations.ts'));
  t.ok(ours.size > 80, `${ours.size} operations`);
  if (!isLater(describedVersion ?? '', description.version)) return;
  t.same([...ours.difference(rowsOf(rendered['operations.ts']))], []);
});

function isLater(than: string, version: string): boolean {
  return than.localeCompare(version, 'en', { numeric: true }) <= 0;
}

t.test('every event and operation of the description is there', async (t) => {
  for (const type of ['StasisStart', 'ChannelDestroyed', 'ApplicationReplaced', 'Dial'] as const)
    t.ok(ariEventTypes.includes(type));
  t.equal(new Set(ariEventTypes).size, ariEventTypes.length);
  t.notOk(ariEventTypes.includes('RESTResponse' as never), 'an answer is no event');
});

/** First cells of the table below a heading. */
function tableBelow(heading: string): string[][] {
  const section = readme.split(new RegExp(`^#+ ${heading}$`, 'm'))[1]?.split(/^#+ /m)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

t.test('the README’s tables are the code’s', async (t) => {
  t.same(
    tableBelow('Errors').map(([code]) => code),
    [...ariErrorCodes],
  );
  const shown = Object.fromEntries(tableBelow('Options').map(([name, fallback]) => [name, fallback]));
  for (const [name, value] of Object.entries(clientDefaults)) t.equal(shown[name], String(value), name);
});

t.test('the library imports nothing of the product', async (t) => {
  const foreign: string[] = [];
  for await (const file of glob('**/*.ts', { cwd: library })) {
    const text = readFileSync(join(library, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/from '([^']+)'/g)) {
      const isOwn = target.startsWith('./') || (target.startsWith('../') && file.includes('/'));
      if (!isOwn && !target.startsWith('node:') && target !== 'ws') foreign.push(`${file}: ${target}`);
    }
  }
  t.same(foreign, []);
});
