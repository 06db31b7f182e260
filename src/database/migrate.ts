import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { sqlFolder } from '../paths.ts';
import type { Database } from './database.ts';

/** Brings the database to the newest schema: numbered plain-SQL files, each in one transaction. Returns the names applied. */
export async function migrate(db: Database, folder = sqlFolder()): Promise<string[]> {
  const migrator = new Migrator({ db, provider: sqlFiles(folder) });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}

function sqlFiles(folder: string): MigrationProvider {
  return {
    async getMigrations(): Promise<Record<string, Migration>> {
      const files = (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
      const migrations: Record<string, Migration> = {};
      for (const file of files) {
        migrations[file.replace(/\.sql$/, '')] = {
          up: async (tx) => {
            await sql.raw(await readFile(join(folder, file), 'utf8')).execute(tx);
          },
        };
      }
      return migrations;
    },
  };
}
