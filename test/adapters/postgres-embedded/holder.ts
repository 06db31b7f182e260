/** Holds the private database of a folder until its standard input ends. */
import { startPrivateDatabase } from '../../../src/adapters/postgres-embedded/private-database.ts';
import type { Log } from '../../../src/ports/log.ts';

const quiet: Log = { debug() {}, info() {}, warn() {}, error: console.error, child: () => quiet };
const database = await startPrivateDatabase({ dataDir: process.argv[2]!, log: quiet });
console.log(`${database.url} ${database.pid}`);
process.stdin.resume();
process.stdin.once('end', () => void database.stop());
