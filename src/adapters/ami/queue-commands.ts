import type { CommandOutcome, QueueCommands } from '../../ports/telephony.ts';
import type { AmiConnection } from './ami-connection.ts';
import { AmiError } from './ami-requests.ts';

/** Queue commands over whichever connection is up now. */
export function createQueueCommands(connection: () => AmiConnection | undefined): QueueCommands {
  async function run(
    action: string,
    fields: Readonly<Record<string, string | undefined>>,
  ): Promise<CommandOutcome> {
    const up = connection();
    if (!up) return { ok: false, why: 'unreachable', detail: 'AMI is not connected' };
    try {
      await up.request(action, fields);
      return { ok: true };
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      return { ok: false, why: outcomes[error.code], detail: error.message };
    }
  }
  return {
    pause: ({ queue, interface: Interface, paused, reason }) =>
      run('QueuePause', {
        Queue: queue ?? undefined,
        Interface,
        Paused: String(paused),
        Reason: reason ?? undefined,
      }),
    add: ({ queue, interface: Interface, stateInterface, name, penalty, paused }) =>
      run('QueueAdd', {
        Queue: queue,
        Interface,
        Penalty: String(penalty),
        StateInterface: stateInterface ?? undefined,
        MemberName: name ?? undefined,
        Paused: String(paused),
      }),
    setPenalty: ({ queue, interface: Interface, penalty }) =>
      run('QueuePenalty', { Queue: queue, Interface, Penalty: String(penalty) }),
    remove: ({ queue, interface: Interface }) => run('QueueRemove', { Queue: queue, Interface }),
    logOffAgent: (agent) => run('AgentLogoff', { Agent: agent, Soft: 'true' }),
  };
}

const outcomes = { refused: 'refused', timeout: 'timeout', cut: 'unreachable', busy: 'refused' } as const;
