import { type DestinationStream, pino } from 'pino';
import type { Log } from '../../ports/log.ts';
import { withoutSecrets } from './redact.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** JSON lines on standard output. Secrets and phone numbers are removed from every field, however deep. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => withoutSecrets(fields) as Record<string, unknown>,
    },
    serializers: { err: (error: unknown) => error },
  };
  return portOf(destination ? pino(options, destination) : pino(options));
}

type Pino = ReturnType<typeof pino>;

/** pino's child() keeps its bindings out of `formatters.log`: they are cleaned here. */
function portOf(logger: Pino): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => portOf(logger.child(withoutSecrets(fields) as Record<string, unknown>)),
  };
}
