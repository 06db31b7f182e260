import type { Transaction } from 'kysely';
import type { Agent, AgentPatch, DiscoveredEndpoint, NewAgent } from '../../contract/agents.ts';
import { pageSizeDefault } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import { mayDo } from '../../contract/may-do.ts';
import { browserDeviceOf } from '../../contract/phones.ts';
import type { Database } from '../../database/database.ts';
import type { Tables } from '../../database/generated/tables.ts';
import { chosenPbx, whichPbx } from '../../ports/chosen-pbx.ts';
import type { AuditLog, BrowserPhones } from '../../ports/domain.ts';
import type { AgentView } from '../../ports/live.ts';
import type { Trunks } from '../../ports/trunks.ts';
import { assertMay, seesTeams, type Viewer } from '../../ports/viewer.ts';
import { assertNoProblems, type CsvAgent, type CsvProblem, parseAgentsCsv } from './agents-csv.ts';
import { compareDevices } from './device-address.ts';
import type { Shift } from './live-shift.ts';
import { insertAgent, lockAgent, type PersonDetails, writePersonDetails } from './people.repository.ts';
import type { RefreshedDirectory } from './people-directory.ts';
import { insertSeenQueues } from './queues.repository.ts';

export interface AgentsQuery {
  cursor?: string;
  limit?: number;
  team?: string;
  q?: string;
}
/** Ids that the one audit entry of an import holds. */
const idsToldMax = 500;

export interface AgentsDeps {
  db: Database;
  pbxNames: readonly string[];
  directory: RefreshedDirectory;
  shift: Shift;
  browserPhones: BrowserPhones;
  trunks: Trunks;
  audit: AuditLog;
}

/** The verbs of `/api/agents`. */
export function createAgentsService({
  db,
  pbxNames,
  directory,
  shift,
  browserPhones,
  trunks,
  audit,
}: AgentsDeps) {
  const asSeenBy = (viewer: Viewer, { row, teamIds, facts }: AgentView): Agent => {
    const person = directory.byId(viewer.personId);
    const phone = {
      device: person?.devices[0] ?? null,
      browserPhone: browserPhones.deviceOf(viewer.personId) !== null,
      ...(person && { reachedFrom: trunks.thatReach(person.pbx) }),
    };
    const agent = { ...facts, id: row.id, pbx: row.pbx, teamIds, state: row.state };
    return { ...row, mayDo: mayDo({ viewer: { ...viewer, ...phone }, agent }) };
  };

  const pbxOf = (agent: Pick<NewAgent, 'pbx'>): string => chosenPbx(pbxNames, agent.pbx);

  function list(viewer: Viewer, query: AgentsQuery): { items: Agent[]; nextCursor: string | null } {
    assertMay(viewer, 'agents.view');
    const words = query.q?.toLocaleLowerCase();
    const limit = query.limit ?? pageSizeDefault;
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const matching = [...shift.agents()]
      .filter((view) => seesTeams(viewer, view.teamIds))
      .filter((view) => query.team === undefined || view.teamIds.includes(query.team))
      .filter(
        ({ row }) => !words || `${row.name} ${row.devices.join(' ')}`.toLocaleLowerCase().includes(words),
      )
      .sort((a, b) => compareKeys(keyOf(a), keyOf(b)))
      .filter((view) => !after || compareKeys(keyOf(view), after) > 0);
    const page = matching.slice(0, limit);
    return {
      items: page.map((view) => asSeenBy(viewer, view)),
      nextCursor: matching.length > limit ? writeCursor(keyOf(page.at(-1)!)) : null,
    };
  }

  function get(viewer: Viewer, id: string): Agent {
    assertMay(viewer, 'agents.view');
    const view = shift.agent(id);
    if (!view) throw agentNotFound(id);
    if (!seesTeams(viewer, view.teamIds)) throw new AppError('outside-your-teams');
    return asSeenBy(viewer, view);
  }

  async function add(viewer: Viewer, agent: NewAgent): Promise<Agent> {
    assertMay(viewer, 'agents.edit');
    const devices = devicesOf(agent);
    if (devices.length === 0 && !agent.browserPhone)
      throw new AppError('validation-failed', 'An agent needs an endpoint or devices', { field: 'endpoint' });
    const id = await db.transaction().execute(async (tx) => {
      const made = await insertOne(tx, { ...agent, devices });
      // Named after his id, which he has only now.
      if (agent.browserPhone)
        await writePersonDetails(tx, made, { devices: withBrowserPhone(made, devices) });
      await record(viewer, 'agent.created', made, { fields: Object.keys(agent) });
      return made;
    });
    await reread(agent.queues);
    return get(viewer, id);
  }

  async function change(viewer: Viewer, id: string, patch: AgentPatch): Promise<Agent> {
    assertMay(viewer, 'agents.edit');
    await db.transaction().execute(async (tx) => {
      const before = await lockAgent(tx, id);
      if (!before) throw agentNotFound(id);
      if (before.roles.includes('admin') && !viewer.roles.includes('admin'))
        throw new AppError('not-allowed', 'Only an administrator changes administrators');
      const touchesDevices = patch.endpoint !== undefined || patch.devices !== undefined;
      const devices = touchesDevices
        ? devicesOf({ ...patch, devices: patch.devices ?? before.devices.slice(1) })
        : undefined;
      const pbx = patch.pbx === undefined ? before.pbx : chosenPbx(pbxNames, patch.pbx);
      const all =
        patch.browserPhone === undefined ? devices : switched(id, patch.browserPhone, before, devices);
      await writePersonDetails(tx, id, { ...detailsOf(patch), devices: all, pbx });
      await insertSeenQueues(tx, queuesOn(pbx, patch.queues));
      await record(viewer, 'agent.changed', id, { fields: Object.keys(patch) });
    });
    await reread(patch.queues);
    return get(viewer, id);
  }

  /** All rows or none. Throws `bad-csv` with every row that is wrong. */
  async function importCsv(viewer: Viewer, text: string): Promise<{ imported: number; items: Agent[] }> {
    assertMay(viewer, 'agents.edit');
    const agents = parseAgentsCsv(text);
    const problems: CsvProblem[] = [];
    const ids = await db.transaction().execute(async (tx) => {
      problems.push(...pbxProblems(agents, pbxNames));
      assertNoProblems(problems);
      problems.push(...(await takenAlready(tx, agents, pbxOf)));
      assertNoProblems(problems);
      const inserted: string[] = [];
      for (const agent of agents) inserted.push(await insertOne(tx, { ...agent, devices: devicesOf(agent) }));
      const agentIds = inserted.slice(0, idsToldMax);
      await record(viewer, 'agents.imported', null, { count: inserted.length, agentIds });
      return inserted;
    });
    await reread(agents.flatMap((agent) => agent.queues ?? []));
    return { imported: ids.length, items: ids.map((id) => get(viewer, id)) };
  }

  /** Endpoints of the PBX that are nobody's: numbers first, names (mostly trunks) last. */
  function discovered(viewer: Viewer): DiscoveredEndpoint[] {
    assertMay(viewer, 'agents.edit');
    const names = new Map<string, string>();
    for (const { interface: device, stateInterface, name } of shift.memberships.all())
      if (name) names.set(device, name).set(stateInterface ?? device, name);
    return shift.devices
      .endpoints()
      .filter((endpoint) => !directory.byDevice(endpoint.pbx, endpoint.device))
      .sort((a, b) => compareDevices(a.device, b.device))
      .map((endpoint) => ({ ...endpoint, suggestedName: names.get(endpoint.device) ?? null }));
  }

  async function insertOne(
    tx: Transaction<Tables>,
    agent: NewAgent & { devices: string[]; login?: string | null },
  ): Promise<string> {
    const { devices, login } = agent;
    const name = agent.name.trim();
    const pbx = pbxOf(agent);
    const id = await insertAgent(tx, { ...detailsOf(agent), name, devices, login, pbx });
    await insertSeenQueues(tx, queuesOn(pbx, agent.queues));
    return id;
  }

  /** What was changed, never to what: names and numbers stay out. */
  const record = (
    viewer: Viewer,
    action: string,
    subjectId: string | null,
    details: Record<string, unknown>,
  ) => audit.write({ actorId: viewer.personId, action, subjectId, callId: null, details });

  async function reread(queues: readonly string[] | undefined): Promise<void> {
    await directory.refresh();
    if (queues?.length) await shift.reload();
  }

  return { list, get, add, change, importCsv, discovered };
}
export type AgentsService = ReturnType<typeof createAgentsService>;

const agentNotFound = (id: string): AppError => new AppError('agent-not-found', `There is no agent ${id}`);

/** The endpoint first, then the other devices. */
function devicesOf({ endpoint, devices = [] }: Pick<NewAgent, 'endpoint' | 'devices'>): string[] {
  return [...new Set(endpoint === undefined ? devices : [endpoint, ...devices])];
}

const queuesOn = (pbx: string, queues: readonly string[] = []) => queues.map((queue) => ({ pbx, queue }));
/** Last, or where it stood before: the first device is the one that rings. */
function withBrowserPhone(id: string, devices: readonly string[], at = devices.length): string[] {
  const others = devices.filter((one) => one !== browserDeviceOf(id));
  return others.toSpliced(at, 0, browserDeviceOf(id));
}

function switched(
  id: string,
  isOn: boolean,
  before: { devices: readonly string[] },
  devices: readonly string[] = before.devices,
): string[] {
  if (!isOn) return devices.filter((one) => one !== browserDeviceOf(id));
  const at = before.devices.indexOf(browserDeviceOf(id));
  return withBrowserPhone(id, devices, at < 0 ? undefined : at);
}

const detailsOf = ({ name, publicName, interfaces, teams }: AgentPatch): PersonDetails => ({
  name: name?.trim(),
  publicName,
  interfaces,
  teams,
});

/** The rows whose PBX cannot be chosen. */
function pbxProblems(agents: readonly CsvAgent[], pbxNames: readonly string[]): CsvProblem[] {
  return agents
    .filter(({ pbx }) => (pbx === undefined ? pbxNames.length > 1 : !pbxNames.includes(pbx)))
    .map(({ row, pbx }) => ({ row, column: 'pbx', problem: whichPbx(pbxNames, pbx) }));
}

async function takenAlready(
  tx: Transaction<Tables>,
  agents: readonly CsvAgent[],
  pbxOf: (agent: CsvAgent) => string,
): Promise<CsvProblem[]> {
  const taken = await tx.selectFrom('person_devices').select(['pbx', 'device']).execute();
  const devices = new Set(taken.map(({ pbx, device }) => `${pbx}/${device}`));
  const logins = new Set(
    (await tx.selectFrom('people').select('login').execute()).flatMap((row) => row.login ?? []),
  );
  return agents.flatMap((agent) => [
    ...devicesOf(agent)
      .filter((device) => devices.has(`${pbxOf(agent)}/${device}`))
      .map((device) => ({
        row: agent.row,
        column: 'endpoint',
        problem: `«${device}» is somebody’s already`,
      })),
    ...(agent.login && logins.has(agent.login)
      ? [{ row: agent.row, column: 'login', problem: `«${agent.login}» is somebody’s already` }]
      : []),
  ]);
}

type Key = [name: string, id: string];
const keyOf = ({ row }: AgentView): Key => [row.name, row.id];
const compareKeys = (a: Key, b: Key): number => a[0].localeCompare(b[0], 'fr') || a[1].localeCompare(b[1]);
const writeCursor = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url');

function readCursor(cursor: string): Key {
  try {
    const [name, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if (typeof name === 'string' && typeof id === 'string') return [name, id];
  } catch {
    // Not one of ours: said below.
  }
  throw new AppError('bad-cursor');
}
