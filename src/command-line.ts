import type { Config } from './config.ts';
import type { Log } from './ports/log.ts';

/** What a command works with. */
export interface CommandContext {
  config: Config;
  log: Log;
  stdin: NodeJS.ReadStream;
  out: (line: string) => void;
}

/** Words on the command line that mean nothing: the usage is shown. */
export class UsageError extends Error {}
