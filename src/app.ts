import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from './adapters/http/server.ts';
import { createLog } from './adapters/log/log.ts';
import { createMetrics } from './adapters/metrics/metrics.ts';
import { lockDataDir } from './adapters/postgres-embedded/data-dir-lock.ts';
import type { Config } from './config.ts';
import { createAccounts } from './features/accounts/accounts.ts';
import { writePersonDetails } from './features/agents/people.repository.ts';
import { auditRoutes } from './features/audit/audit.routes.ts';
import { createAudit } from './features/audit/audit.service.ts';
import { openConfiguredDatabase } from './open-database.ts';
import { webFolder } from './paths.ts';
import { systemClock as clock } from './ports/clock.ts';

export interface App {
  /** Where it listens, `http://127.0.0.1:8080`. */
  address: string;
  stop(): Promise<void>;
}

/** The wiring: starts everything in its order, and stops it in the other. */
export async function startApp(config: Config): Promise<App> {
  const log = createLog(config.logLevel);
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (const release of undo.splice(0).reverse()) await release();
  };
  try {
    const lock = await lockDataDir(config.dataDir);
    undo.push(() => lock.release());
    const { db, close } = await openConfiguredDatabase(config, log, (text) => log.info({}, text));
    undo.push(close);
    const audit = createAudit({ db, clock });
    const accounts = createAccounts({ db, clock, log, audit, writeDetails: writePersonDetails, config });
    undo.push(accounts.close);
    const http = await createHttpServer({
      config,
      version: '0.1.0',
      log,
      sessions: accounts,
      routes: [...accounts.routes, auditRoutes(audit)],
      staticFolder: webFolder(),
      metrics: createMetrics(),
      readiness: async () => {
        const answered = await db
          .selectFrom('teams')
          .select('id')
          .limit(1)
          .execute()
          .then(
            () => true,
            () => false,
          );
        return { ready: answered, checks: { database: answered ? 'answers' : 'does not answer' } };
      },
    });
    undo.push(() => http.close());
    await http.listen({ host: config.host, port: config.port });
    if (!http.server.listening) await once(http.server, 'listening');
    const { address, port, family } = http.server.address() as AddressInfo;
    return { address: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
