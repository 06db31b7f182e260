#!/usr/bin/env node
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from './adapters/log/log.ts';
import { type CommandContext, UsageError } from './command-line.ts';
import { type Config, readConfig } from './config.ts';
import { AppError } from './contract/errors.ts';
import { version } from './version.ts';

/** Each command loads its own parts only: what is not needed is not waited for. */
const usage = `vigie: live supervision for call centres on Asterisk

  vigie serve                        the server: panel, API, watching the PBX
  vigie doctor                       looks at the PBX: what is fine, missing or wrong, with the
                                     lines to add; changes nothing. Status 1: something is
                                     missing or wrong; 2: ARI cannot be reached
  vigie collect                      on a PBX host: sends CEL_FILE to the server at COLLECT_TO
  vigie migrate                      brings the database to this version
  vigie user add --login L --name N --role admin|manager|supervisor|agent
                 [--team T] [--endpoint PJSIP/1001] [--pbx NAME]
                                     a person who may sign in; --role and --team may be repeated;
                                     --pbx where there are several; the password is the first line
                                     of standard input
  vigie user list                    login, name, roles, teams of everybody
  vigie user passwd --login L        a new password, from standard input
  vigie audit verify [--json]        looks for changed, missing, inserted and moved entries of the audit
                                     log. Status 1: there are some
  vigie --help | --version

Settings are environment variables; README.md lists them all. Commands work beside a running server.
`;
const stopDeadlineMs = 10_000;
/** Others are given time to take over. */
const sharedStopDeadlineMs = 20_000;

/** Runs one command; settles with the exit status: 0 done, 1 failed (printed as `code: text`), 2 not understood. `doctor` has its own. */
async function main(args: string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (error instanceof UsageError || isParseError(error)) {
      process.stderr.write(`vigie: ${error.message}\n\n${usage}`);
      return 2;
    }
    process.stderr.write(`${said(error)}\n`);
    return 1;
  }
}

async function run([command, ...rest]: string[]): Promise<number> {
  switch (command) {
    case 'serve':
      noMore(rest);
      return await serve(readConfig());
    case 'doctor':
      noMore(rest);
      return await (await import('./doctor.ts')).runDoctor(readConfig(), process.stdout);
    case 'collect':
      noMore(rest);
      return await (await import('./collect-command.ts')).runCollect(readConfig());
    case 'migrate':
      noMore(rest);
      return await migrateDatabase(commandContext());
    case 'user':
      await (await import('./user-commands.ts')).runUserCommand(rest, commandContext());
      return 0;
    case 'audit':
      return await (await import('./audit-commands.ts')).runAuditCommand(rest, commandContext());
    case '--version':
      process.stdout.write(`${version()}\n`);
      return 0;
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(usage);
      return 0;
    default:
      throw new UsageError(command ? `unknown command: ${command}` : 'which command?');
  }
}

/** Until SIGTERM or SIGINT; a second one, or the deadline, end it at once. */
async function serve(config: Config): Promise<number> {
  const deadlineMs = config.redis ? sharedStopDeadlineMs : stopDeadlineMs;
  const stopping = new Promise<void>((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(1);
      asked = true;
      setTimeout(() => {
        process.stderr.write(`internal: not everything stopped within ${deadlineMs / 1_000} s\n`);
        process.exit(1);
      }, deadlineMs).unref();
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
  if (config.databaseUrl) {
    const { waitForDatabase } = await import('./database/wait-for-database.ts');
    if (!(await waitForDatabase(config.databaseUrl, createLog(config.logLevel), stopping))) return 0;
  }
  const { startApp } = await import('./app.ts');
  const app = await startApp(config);
  const watchdog = await watch(config);
  process.stdout.write(`Vigie is at ${config.publicUrl ?? app.address}\n`);
  await stopping;
  await app.stop();
  watchdog?.release();
  return 0;
}

/** None under a debugger, where a breakpoint would be taken for a death. */
async function watch({ pbxs, logLevel }: Config): Promise<{ release(): void } | null> {
  if (process.execArgv.some((flag) => flag.startsWith('--inspect'))) return null;
  const { startWatchdog } = await import('./adapters/watchdog/watchdog.ts');
  const { orphanGraceMs } = await import('./adapters/ari/orphans.ts');
  const script = fileURLToPath(
    new URL(`./watchdog-process${extname(import.meta.filename)}`, import.meta.url),
  );
  const { serverMark: mark } = await import('./server-mark.ts');
  const orders = { pid: process.pid, mark, aris: pbxs.map(({ ari }) => ari), orphanGraceMs };
  return startWatchdog(script, orders, createLog(logLevel));
}

async function migrateDatabase({ config, log, out }: CommandContext): Promise<number> {
  const { openConfiguredDatabase } = await import('./open-database.ts');
  const { migrated, close } = await openConfiguredDatabase(config, log);
  await close();
  for (const name of migrated) out(name);
  out(migrated.length === 0 ? 'The database is up to date' : 'The database is migrated');
  return 0;
}

/** Commands print their result; of the log, only what goes wrong. */
function commandContext(): CommandContext {
  return {
    config: readConfig(),
    log: createLog('error'),
    stdin: process.stdin,
    out: (line) => process.stdout.write(`${line}\n`),
  };
}

function noMore(rest: string[]): void {
  if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
}

const isParseError = (error: unknown): error is Error =>
  String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');

const listenFailures = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN'];

/** `code: text`, with what was behind it: the administrator sees why, e.g. that a password was refused. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return `internal: ${String(error)}`;
  const { code, syscall = '' } = error as NodeJS.ErrnoException;
  if (/^(listen|getaddrinfo)$/.test(syscall) && listenFailures.includes(code ?? '')) {
    return `bad-setting: HOST or PORT cannot be used: ${error.message}`;
  }
  const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : '';
  return `${error instanceof AppError ? error.code : 'internal'}: ${error.message}${cause}`;
}

// Who reads us may leave early (`vigie user list | head`): nothing is left to say then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Set, not called with: what was written to a pipe must get there before the end.
process.exitCode = await main(process.argv.slice(2));
// A command is over when its work is: nothing that lingers keeps the terminal waiting.
setTimeout(() => process.exit(), 2_000).unref();
