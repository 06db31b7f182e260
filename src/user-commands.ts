import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { createAuditLog } from './adapters/audit-log/audit-log.ts';
import { type CommandContext, UsageError } from './command-line.ts';
import { AppError } from './contract/errors.ts';
import { NewPassword, NewPerson } from './contract/people.ts';
import { type Accounts, createAccounts } from './features/accounts/accounts.ts';
import { writePersonDetails } from './features/agents/people.repository.ts';
import { createAudit } from './features/audit/audit.service.ts';
import { openConfiguredDatabase } from './open-database.ts';
import { systemClock } from './ports/clock.ts';

const passwordLineBytesMax = 10_000;

/** `vigie user add|list|passwd`. */
export async function runUserCommand(args: string[], context: CommandContext): Promise<void> {
  const [verb, ...rest] = args;
  switch (verb) {
    case 'add':
      return await addUser(rest, context);
    case 'list':
      return await listUsers(rest, context);
    case 'passwd':
      return await changePassword(rest, context);
    default:
      throw new UsageError(verb ? `unknown command: user ${verb}` : 'user: add, list or passwd?');
  }
}

async function addUser(args: string[], context: CommandContext): Promise<void> {
  const text = { type: 'string' } as const;
  const many = { type: 'string', multiple: true } as const;
  const options = { login: text, name: text, role: many, team: many, endpoint: text, pbx: text };
  const { values } = parseArgs({ args, options });
  for (const name of ['login', 'name', 'role'] as const) {
    if (!values[name]) throw new UsageError(`user add: --${name} is missing`);
  }
  const person = valid(NewPerson, {
    login: values.login,
    name: values.name,
    roles: [...new Set(values.role)],
    password: await readPassword(context),
    ...(values.team ? { teams: values.team } : {}),
    ...(values.endpoint ? { endpoint: values.endpoint } : {}),
    ...(values.pbx ? { pbx: values.pbx } : {}),
  });
  await withAccounts(context, async ({ people }) => {
    const made = await people.create('command-line', person);
    context.out(`${made.login} (${made.roles.join(', ')}) may sign in`);
  });
}

async function listUsers(args: string[], context: CommandContext): Promise<void> {
  parseArgs({ args, options: {} });
  await withAccounts(context, async ({ people }) => {
    for (const person of await people.everybody()) {
      const teams = person.teams.map((team) => team.name).join(', ');
      const state = person.disabled ? 'disabled' : person.login ? 'may sign in' : 'no login';
      const cells = [person.login ?? '-', person.name, person.roles.join(','), teams || '-', state];
      // A name may hold anything: control characters would write to the administrator's terminal.
      context.out(cells.map((cell) => cell.replace(/[\p{Cc}\p{Cf}]/gu, '?')).join('\t'));
    }
  });
}

async function changePassword(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseArgs({ args, options: { login: { type: 'string' } } });
  if (!values.login) throw new UsageError('user passwd: --login is missing');
  const password = valid(NewPassword, await readPassword(context), 'password');
  await withAccounts(context, async ({ people }) => {
    await people.change('command-line', await people.idOfLogin(values.login!), { password });
    context.out(`The password of ${values.login} is changed; its sessions have ended`);
  });
}

async function withAccounts(
  context: CommandContext,
  act: (accounts: Accounts) => Promise<void>,
): Promise<void> {
  const { config, log } = context;
  const { db, close } = await openConfiguredDatabase(config, log);
  const local = createAuditLog({ dataDir: config.dataDir, log });
  const audit = createAudit({ db, clock: systemClock, log, local });
  const accounts = createAccounts({
    db,
    clock: systemClock,
    log,
    audit,
    writeDetails: writePersonDetails,
    pbxNames: config.pbxs.map(({ name }) => name),
    config,
  });
  try {
    await act(accounts);
  } finally {
    accounts.close();
    await audit.stop();
    await close();
  }
}

/** The same rules as the API's. Throws `validation-failed` naming the field. */
function valid<T extends TSchema>(schema: T, value: unknown, name = ''): Static<T> {
  const fault = Value.Errors(schema, value)[0];
  if (!fault) return value as Static<T>;
  const field = name || fault.instancePath.replace(/^\//, '').replaceAll('/', '.');
  throw new AppError('validation-failed', `${field}: ${fault.message}`, { field });
}

/** The first line of standard input; at a terminal it is asked for and not shown. */
async function readPassword({ stdin }: CommandContext): Promise<string> {
  if (stdin.isTTY) return await askPassword(stdin);
  let line = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) {
    line += chunk as string;
    if (line.includes('\n') || line.length > passwordLineBytesMax) break;
  }
  return line.split(/\r?\n/)[0]!;
}

async function askPassword(stdin: NodeJS.ReadStream): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: silent, terminal: true });
  process.stderr.write('Password: ');
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
