import { join } from 'node:path';
import { collectJournal } from './adapters/cel/collect.ts';
import { createKeptPosition } from './adapters/cel/kept-position.ts';
import { createLog } from './adapters/log/log.ts';
import { lockDataDir } from './adapters/postgres-embedded/data-dir-lock.ts';
import type { Config } from './config.ts';
import { AppError } from './contract/errors.ts';

/** `vigie collect`: until SIGTERM or SIGINT. Throws `bad-setting`, or `data-dir-in-use` when another one runs. */
export async function runCollect({ collect, dataDir, logLevel }: Config): Promise<number> {
  if (!collect) throw new AppError('bad-setting', 'COLLECT_TO is missing');
  const folder = join(dataDir, 'collect');
  const lock = await lockDataDir(folder);
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort());
  const log = createLog(logLevel);
  const kept = createKeptPosition(folder, collect.pbx);
  process.stdout.write(`Sending ${collect.file} to ${collect.to}\n`);
  await collectJournal(collect, { kept, log, signal: stopping.signal });
  lock.release();
  return 0;
}
