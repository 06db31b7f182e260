import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { auditFiles, createAuditLog } from './adapters/audit-log/audit-log.ts';
import { type CommandContext, UsageError } from './command-line.ts';
import type { AuditFault, AuditVerification } from './contract/audit.ts';
import { verifyAudit } from './features/audit/verify.ts';
import { openConfiguredDatabase } from './open-database.ts';
import { systemClock } from './ports/clock.ts';

/** `vigie audit verify`. Settles with the exit status: 0 intact, 1 something is wrong. */
export async function runAuditCommand([verb, ...rest]: string[], context: CommandContext): Promise<number> {
  if (verb !== 'verify') throw new UsageError(verb ? `unknown command: audit ${verb}` : 'audit: verify?');
  const { values } = parseArgs({ args: rest, options: { json: { type: 'boolean' } } });
  const { config, log, out } = context;
  // What was never made is not made by looking for it.
  const isThere = existsSync(auditFiles(config.dataDir).log);
  const local = isThere ? createAuditLog({ dataDir: config.dataDir, log, readOnly: true }) : null;
  const { db, close } = await openConfiguredDatabase(config, log);
  try {
    const result = await verifyAudit({ db, local, clock: systemClock });
    if (values.json) out(JSON.stringify(result));
    else for (const line of linesOf(result, isThere)) out(line);
    return result.intact ? 0 : 1;
  } finally {
    await local?.close();
    await close();
  }
}

function* linesOf(result: AuditVerification, isThere: boolean): Generator<string> {
  for (const fault of result.faults) yield lineOf(fault);
  if (result.faultCount > result.faults.length)
    yield `… and ${result.faultCount - result.faults.length} more`;
  for (const { chainId, own, entries, lastSequence, lastHash, purgedThrough } of result.chains) {
    const purged = purgedThrough > 0 ? `, purged up to ${purgedThrough}` : '';
    yield `chain ${chainId}${own ? ' (this server)' : ''}: ${entries} entries, the last is ${lastSequence} ${lastHash}${purged}`;
  }
  if (!isThere) yield 'There is no local log in DATA_DIR: the database was verified for itself only';
  else yield `local log: ${result.localEntries} entries, ${result.notYetCopied} not yet in the database`;
  yield result.intact
    ? `${result.databaseEntries} entries: every one is as it was written`
    : `${result.faultCount} wrong of ${result.databaseEntries} entries`;
}

function lineOf({ kind, where, chainId, sequence, toSequence, entryId, detail }: AuditFault): string {
  const range = toSequence !== null && toSequence !== sequence ? `${sequence} to ${toSequence}` : sequence;
  const place = [
    sequence === null ? '' : `entry ${range}`,
    chainId && `of chain ${chainId}`,
    entryId && `(${entryId})`,
  ];
  return `${kind} in the ${where === 'local' ? 'local log' : 'database'}: ${place.filter(Boolean).join(' ')}: ${clean(detail)}`;
}

const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
