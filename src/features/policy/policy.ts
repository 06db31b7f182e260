import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Call } from '../../contract/calls.ts';
import type { Policy } from '../../contract/policy.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AuditLog,
  CallMarks,
  ListeningPolicy,
  LiveCalls,
  LiveSupervisions,
  PeopleDirectory,
} from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { createCallMarks } from './call-marks.ts';
import { agentProtection, callProtection, withheldFrom } from './listening-rules.ts';
import { policyRoutes } from './policy.routes.ts';
import { createPolicyService } from './policy.service.ts';
import { createRetention, type RetentionDeps } from './retention.ts';
import { isOpen, type LocalMinute, localMinute } from './wall-clock.ts';

export interface CreatePolicy {
  db: Database;
  people: Pick<PeopleDirectory, 'byId'>;
  calls: LiveCalls;
  supervisions: Pick<LiveSupervisions, 'bySupervisor'>;
  audit: AuditLog;
  clock: Clock;
  log: Log;
  /** What other features delete of their own when it is too old. */
  elsewhere?: RetentionDeps['elsewhere'];
}

/** The listening policy: what it says of people and calls now, and how it is changed. */
export function createPolicy(deps: CreatePolicy) {
  const { clock, log } = deps;
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let openNow = '';

  function changed(): void {
    openNow = whichOpen(service.current(), minuteNow());
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        log.error({ err: error }, 'a listener to the policy failed');
      }
    }
  }
  const service = createPolicyService({ ...deps, changed });
  const marks = createCallMarks({ ...deps, policy: service.current });
  marks.live.onChange(changed);
  const retention = createRetention({ ...deps, policy: service.current, elsewhere: deps.elsewhere ?? {} });

  let minute: { atMs: number; timeZone: string; now: LocalMinute } | null = null;
  function minuteNow(): LocalMinute {
    const { timeZone } = service.current();
    const atMs = Math.floor(clock.now() / minuteMs) * minuteMs;
    if (minute?.atMs !== atMs || minute.timeZone !== timeZone)
      minute = { atMs, timeZone, now: localMinute(atMs, timeZone) };
    return minute.now;
  }

  /** Looks at the hour when each minute begins, since hours allow and forbid. */
  function watchTheClock(): void {
    const untilNextMs = minuteMs - (clock.now() % minuteMs) + 1;
    timer = setTimeout(() => {
      watchTheClock();
      if (whichOpen(service.current(), minuteNow()) !== openNow) changed();
    }, untilNextMs).unref();
  }

  const rules: ListeningPolicy = {
    current: service.current,
    agentProtectedBy: (agentId) =>
      agentProtection(
        service.current(),
        { id: agentId, teamIds: teamIdsOf(deps.people, agentId) },
        minuteNow(),
      ),
    callProtectedBy: (call: Call) => callProtection(service.current(), call, marks.openKinds(call.id)),
    withheldFrom: (roles) => withheldFrom(service.current().withheld, roles),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const reload = async (): Promise<void> => {
    await Promise.all([service.reload(), marks.reload()]);
  };
  const routes: FastifyPluginAsyncTypebox = policyRoutes(service, marks, retention);
  return {
    rules,
    marks: marks.live as CallMarks,
    marksOfCalls: marks.ofCalls,
    routes,
    /** Reads again what another server, or SQL by hand, may have written. */
    reload,
    /** Deletes now what is too old. */
    purge: retention.run,
    async start(): Promise<void> {
      await reload();
      watchTheClock();
      retention.start();
    },
    async stop(): Promise<void> {
      clearTimeout(timer);
      marks.stop();
      await retention.stop();
    },
  };
}
export type PolicyFeature = ReturnType<typeof createPolicy>;

const minuteMs = 60_000;

const teamIdsOf = (people: Pick<PeopleDirectory, 'byId'>, id: string): string[] =>
  people.byId(id)?.teams.map((team) => team.id) ?? [];

/** Which windows are open, as a text to compare. */
const whichOpen = (policy: Policy, now: LocalMinute): string =>
  policy.windows.map((window) => (isOpen(window, now) ? '1' : '0')).join('');
