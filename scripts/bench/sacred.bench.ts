/**
 * What callers notice, and what Asterisk's memory costs, when the server is stopped, killed, frozen or stuck for SECONDS (60)
 * under CALLS_PER_SECOND (50), over both transports, with the settings of the wiring guide; then a frozen server beside an
 * Asterisk with its default settings. Fails when a caller notices anything. Settings: FATES, TRANSPORTS (comma-separated), SEED (1).
 */
import { type Fate, harmOf, runSacred, type Transport } from '../../test/support/sacred.ts';

const listOf = <T extends string>(name: string, all: readonly T[]): readonly T[] =>
  process.env[name] ? (process.env[name].split(',') as T[]) : all;
const seconds = Number(process.env['SECONDS'] || 60);
const callsPerSecond = Number(process.env['CALLS_PER_SECOND'] || 50);
const warmUpCalls = seconds * callsPerSecond;
const seed = Number(process.env['SEED'] || 1);
const fates = listOf<Fate>('FATES', ['stopped', 'killed', 'frozen', 'stuck']);
const transports = listOf<Transport>('TRANSPORTS', ['inbound', 'outbound']);

for (const transport of transports)
  for (const fate of fates) {
    const result = await runSacred({ fate, transport, seconds, callsPerSecond, seed, warmUpCalls });
    const harm = harmOf(result);
    console.log(JSON.stringify({ benchmark: 'sacred', seconds, callsPerSecond, ...result, harm }));
    if (harm.length > 0) process.exitCode = 1;
  }
if (fates.includes('frozen') && transports.includes('inbound')) {
  const options = {
    fate: 'frozen',
    transport: 'inbound',
    seconds,
    callsPerSecond,
    seed,
    warmUpCalls,
  } as const;
  const result = await runSacred({ ...options, overloadTrigger: 'global' });
  console.log(JSON.stringify({ benchmark: 'sacred', seconds, callsPerSecond, ...result }));
}
