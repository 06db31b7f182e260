/** Callers notice nothing of what befalls the server: a short share of `npm run bench -- sacred`, seed printed. */
import t from 'tap';
import { harmOf, runSacred } from '../support/sacred.ts';

t.setTimeout(240_000);
const seed = Number(process.env['SEED'] || Math.floor(Math.random() * 1e6));
const runs = [
  { fate: 'frozen', transport: 'inbound' },
  { fate: 'killed', transport: 'outbound' },
  { fate: 'stuck', transport: 'outbound' },
] as const;
/** Missed calls cost Asterisk 0.2 to 0.3 MB each; a deaf connection, the same. Three times that is a leak of ours. */
const kbPerCallMax = 900;

for (const { fate, transport } of runs) {
  t.test(`A server that is ${fate} (${transport}) costs no caller anything`, async (t) => {
    const result = await runSacred({ fate, transport, seconds: 8, callsPerSecond: 50, seed });
    t.comment(JSON.stringify(result));
    t.ok(result.calls >= 400, `${result.calls} calls`);
    t.same(harmOf(result), []);
    t.ok(result.pbxKbPerCall < kbPerCallMax, `${result.pbxKbPerCall} kB of Asterisk's memory a call`);
    // Two seconds are aimed at.
    if (fate === 'frozen') t.ok(result.serverGoneMs! < 6_000, `killed after ${result.serverGoneMs} ms`);
  });
}
