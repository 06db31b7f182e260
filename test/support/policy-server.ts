import type { Test } from 'tap';
import { listenTo } from '../../src/database/listen.ts';
import { createPeopleDirectory } from '../../src/features/agents/people-directory.ts';
import { createPolicy, type PolicyFeature } from '../../src/features/policy/policy.ts';
import { type AccountsServer, accountsServer, makePerson } from './accounts-server.ts';
import { handMadeCalls, handMadeSupervisions, quietLog } from './live.ts';

/**
 * The policy over HTTP as the server wires it, with calls and supervisions that a test sets by hand: a manager `manager`,
 * supervisors and agents as asked for, each with a phone and the cookie of his session.
 */
export async function policyServer(t: Test, o: { deleteMore?: () => Promise<number> } = {}) {
  const calls = handMadeCalls();
  const supervisions = handMadeSupervisions();
  let policy!: PolicyFeature;
  let directory!: ReturnType<typeof createPeopleDirectory>;
  const server = await accountsServer(t, {
    more({ database, clock, audit }) {
      directory = createPeopleDirectory({ db: database.db });
      policy = createPolicy({
        db: database.db,
        people: directory,
        calls,
        supervisions,
        audit,
        clock,
        log: quietLog,
        elsewhere: o.deleteMore ? { chat: o.deleteMore } : {},
      });
      return { routes: [policy.routes], policy: policy.rules };
    },
  });
  await policy.reload();
  const notices = listenTo({
    url: server.database.url,
    channel: 'vigie_policy',
    log: quietLog,
    onNotice: () => void policy.reload(),
  });
  t.teardown(async () => {
    await notices.close();
    await policy.stop();
  });
  return {
    ...server,
    policy,
    calls,
    supervisions,
    directory,
    /** Makes somebody who signs in; his phone is `PJSIP/<login>`. */
    async person(login: string, roles: Parameters<typeof makePerson>[1]['roles'], teams: string[] = []) {
      const id = await makePerson(server as AccountsServer, {
        login,
        name: `Name of ${login}`,
        roles: roles ?? ['supervisor'],
        endpoint: `PJSIP/${login}`,
        teams,
      });
      await directory.refresh();
      return { id, name: `Name of ${login}`, device: `PJSIP/${login}`, cookie: await server.signIn(login) };
    },
  };
}
