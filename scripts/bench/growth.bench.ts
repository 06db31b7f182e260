/**
 * How cost grows: with agents and panels on one server, with servers that share a PBX, with months of records. Settings:
 * PARTS (agents,servers,records), AGENTS (100,1000,10000), SERVERS (1,2,4), RECORDS (100000,1000000), CALLS (300),
 * CALLS_PER_SECOND (10), PANELS (20). CPU time is that of the server's process; what one more panel costs is the same load
 * with and without panels. No figure is compared with another machine's: each stands beside the smallest case of its run.
 */
import { growWithAgents } from './growth-agents.ts';
import { growWithRecords } from './growth-records.ts';
import { growWithServers } from './growth-servers.ts';

const numbers = (name: string, otherwise: string): number[] =>
  (process.env[name] || otherwise).split(',').map(Number);
const parts = (process.env['PARTS'] || 'agents,servers,records').split(',');
const load = {
  calls: Number(process.env['CALLS'] || 300),
  callsPerSecond: Number(process.env['CALLS_PER_SECOND'] || 10),
  panels: Number(process.env['PANELS'] || 20),
};
const say = (part: string, figures: object) =>
  console.log(JSON.stringify({ benchmark: 'growth', part, ...figures }));

if (parts.includes('agents'))
  for (const agents of numbers('AGENTS', '100,1000,10000'))
    say('agents', await growWithAgents({ ...load, agents }));
if (parts.includes('servers'))
  for (const servers of numbers('SERVERS', '1,2,4'))
    say('servers', await growWithServers({ ...load, servers }));
if (parts.includes('records'))
  for (const records of numbers('RECORDS', '100000,1000000')) say('records', await growWithRecords(records));
