/** Adds facts for as long as it lives, and says each number once it is synced. Started by tests: DATA_DIR. */
import { createFactLog } from '../../../src/adapters/fact-log/fact-log.ts';
import { quietLog } from '../../support/live.ts';
import { holdFact } from './hold-fact.ts';

const log = createFactLog({ dataDir: process.argv[2] ?? '', log: quietLog });
for (let i = 1; ; i++) {
  log.add(holdFact(i));
  await log.synced();
  process.stdout.write(`${i}\n`);
}
