import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { Tables } from '../../database/generated/tables.ts';
import type { AgentTies } from '../../ports/absent.ts';
import { defaultPbxName } from '../../ports/chosen-pbx.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, LiveCalls, LiveSupervisions, PanelPresence } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { agentsRoutes } from './agents.routes.ts';
import { createAgentsService } from './agents.service.ts';
import { createShift } from './live-shift.ts';
import { type PersonDetails, writePersonDetails } from './people.repository.ts';
import type { RefreshedDirectory } from './people-directory.ts';
import { queuesRoutes } from './queues.routes.ts';
import { createQueuesService } from './queues.service.ts';
import { teamsRoutes } from './teams.routes.ts';
import { createTeamsService } from './teams.service.ts';

export interface CreateAgents {
  db: Database;
  /** Every PBX that is configured. */
  pbxNames: readonly string[];
  directory: RefreshedDirectory;
  calls: LiveCalls;
  supervisions: LiveSupervisions;
  presence: PanelPresence;
  ties: AgentTies;
  audit: AuditLog;
  clock: Clock;
  log: Log;
  /** Hands over the names of queues whose members that PBX is to be asked for. */
  watchQueues(pbx: string, names: readonly string[]): void;
}

/** How often it is asked whether another process (`vigie user add`) wrote: rights it took away end within a second. */
const rereadEveryMs = 700;

/** Who is on shift and what each is doing. `start` after the calls in progress are known. */
export function createAgents(deps: CreateAgents) {
  const { db, directory, audit, log } = deps;
  // Without any there may be people all the same: they belong to the one that is configured first, by its default name.
  const pbxNames = deps.pbxNames.length > 0 ? deps.pbxNames : [defaultPbxName];
  const shift = createShift({ ...deps, pbxNames });
  const reload = async (): Promise<void> => {
    await directory.refresh();
    await shift.reload();
  };
  const service = createAgentsService({
    db,
    pbxNames,
    directory,
    shift,
    browserPhones: deps.ties.browserPhones,
    trunks: deps.ties.trunks,
    audit,
  });
  const teams = createTeamsService({ db, audit, onChange: reload });
  const queues = createQueuesService({ db, pbxNames, audit, onChange: reload });
  let timer: NodeJS.Timeout | undefined;

  const routes: FastifyPluginAsyncTypebox = async (app) => {
    await app.register(agentsRoutes(service));
    await app.register(teamsRoutes(teams));
    await app.register(queuesRoutes(queues));
  };

  return {
    service,
    teams,
    queues,
    shift,
    routes,
    /** For `vigie user add` and the accounts: names, devices and teams of any person, in the caller's transaction. */
    writeDetails: (tx: Transaction<Tables>, personId: string, details: PersonDetails): Promise<void> =>
      writePersonDetails(tx, personId, details),
    onFact: (fact: TelephonyFact): void => shift.onFact(fact),
    async start(): Promise<void> {
      await reload();
      timer = setInterval(() => {
        directory
          .refreshIfChanged()
          .catch((error: unknown) => log.warn({ err: error }, 'people could not be read'));
      }, rereadEveryMs).unref();
    },
    stop(): void {
      clearInterval(timer);
      shift.stop();
    },
  };
}
