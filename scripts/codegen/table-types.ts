/**
 * Writes src/database/generated/tables.ts from a migrated database.
 * Usage: node scripts/codegen/table-types.ts DATABASE_URL   (a database that may be migrated)
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { projectFolder } from '../../src/paths.ts';

const types: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  bytea: 'Buffer',
  bool: 'boolean',
  int4: 'number',
  int8: 'number',
  float8: 'number',
  timestamptz: 'Date',
  tsvector: 'string',
  jsonb: 'unknown',
  _text: 'string[]',
  _uuid: 'string[]',
};

/** The text of tables.ts for a migrated database. */
export async function tableTypes(db: Database): Promise<string> {
  const { rows } = await sql<{
    table: string;
    column: string;
    type: string;
    nullable: boolean;
    optional: boolean;
  }>`
    select table_name as table, column_name as column, udt_name as type, is_nullable = 'YES' as nullable,
           column_default is not null or is_identity = 'YES' as optional
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely_%'
    order by table_name, ordinal_position`.execute(db);
  const tables = Map.groupBy(rows, (row) => row.table);
  const body = [...tables].map(([table, columns]) => {
    const lines = columns.map((column) => {
      const type = types[column.type];
      if (!type)
        throw new Error(`No TypeScript type is chosen for ${table}.${column.column} (${column.type})`);
      const full = column.nullable ? `${type} | null` : type;
      return `  ${column.column}: ${column.optional && !column.nullable ? `Generated<${full}>` : full};`;
    });
    return `export interface ${typeName(table)} {\n${lines.join('\n')}\n}`;
  });
  const index = [...tables.keys()].map((table) => `  ${table}: ${typeName(table)};`).join('\n');
  return `// Generated from the migrated database by scripts/codegen/table-types.ts. Do not edit.
import type { Generated } from 'kysely';

${body.join('\n\n')}

export interface Tables {
${index}
}
`;
}

const typeName = (table: string): string =>
  `${table.replace(/(^|_)([a-z])/g, (_all, _bar, letter: string) => letter.toUpperCase())}Table`;

if (import.meta.main) {
  const url = process.argv[2];
  if (!url) throw new Error('Usage: node scripts/codegen/table-types.ts DATABASE_URL');
  const { db, close } = openDatabase(url);
  await migrate(db);
  await writeFile(join(projectFolder(), 'src/database/generated/tables.ts'), await tableTypes(db));
  await close();
}
