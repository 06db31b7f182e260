import type { FactBody } from '../../ports/telephony-facts.ts';
import type { AmiConnection } from './ami-connection.ts';
import { callerOf, memberOf } from './ami-facts.ts';
import { AmiError } from './ami-requests.ts';
import type { AmiMessage } from './ami-wire.ts';

/** All queues of the PBX at one moment. */
export interface QueueStatus {
  /** Members as QueueStatus lists them, by queue; a queue without members is there too. */
  members: Map<string, AmiMessage[]>;
  callers: Map<string, AmiMessage[]>;
}

export async function readQueueStatus(connection: AmiConnection): Promise<QueueStatus> {
  const list = await listOf(connection, 'QueueStatus');
  const queues = list.filter((event) => event.get('Event') === 'QueueParams');
  const members = new Map<string, AmiMessage[]>(queues.map((event) => [event.get('Queue') ?? '', []]));
  const callers = new Map<string, AmiMessage[]>();
  for (const event of list) {
    const queue = event.get('Queue') ?? '';
    if (event.get('Event') === 'QueueMember') members.get(queue)?.push(event);
    if (event.get('Event') === 'QueueEntry') callers.set(queue, [...(callers.get(queue) ?? []), event]);
  }
  return { members, callers };
}

export function factsOfQueueStatus({ members, callers }: QueueStatus): FactBody[] {
  return [
    ...[...members].map(
      ([queue, events]): FactBody => ({ kind: 'queue-members', queue, members: events.map(memberOf) }),
    ),
    ...[...callers.values()].flatMap((events) => events.map((event) => callerOf(event, events.length))),
  ];
}

/** Nothing else tells a queue's `wrapuptime`. Getvar needs `write = call`; without that right, no wrap-up is known. */
export async function readWrapUpSeconds(
  connection: AmiConnection,
  queues: Iterable<string>,
): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const queue of queues) {
    if (/[,)]/.test(queue)) continue;
    try {
      const Variable = `AST_CONFIG(queues.conf,${queue},wrapuptime)`;
      const { response } = await connection.request('Getvar', { Variable });
      seconds.set(queue, Number.parseInt(response.get('Value') ?? '', 10) || 0);
    } catch (error) {
      // A queue that lives in a database is in no file: Asterisk refuses, and goes on.
      if (!(error instanceof AmiError) || error.code !== 'refused') throw error;
      seconds.set(queue, 0);
    }
  }
  return seconds;
}

/** Agents of AgentLogin, signed in or not. */
export async function readAgents(connection: AmiConnection): Promise<FactBody[]> {
  const list = await listOf(connection, 'Agents');
  return list.map((event): FactBody => {
    const loggedIn = event.get('Status') !== 'AGENT_LOGGEDOFF';
    const [agent = '', uniqueId = ''] = [event.get('Agent'), event.get('Uniqueid')];
    return { kind: 'agent-login', agent, uniqueId, loggedIn };
  });
}

/** The events of a list; none where the module behind it is not loaded: Asterisk then does not know the action. */
async function listOf(connection: AmiConnection, action: string): Promise<AmiMessage[]> {
  try {
    return (await connection.request(action)).list;
  } catch (error) {
    if (error instanceof AmiError && error.code === 'refused') return [];
    throw error;
  }
}
