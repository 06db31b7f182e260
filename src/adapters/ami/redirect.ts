import type { CommandOutcome } from '../../ports/telephony.ts';
import type { AmiConnection } from './ami-connection.ts';
import { AmiError } from './ami-requests.ts';

export interface RedirectRequest {
  context: string;
  first: { uniqueId: string; exten: string };
  second: { uniqueId: string; exten: string } | null;
}

/**
 * Moves one channel, or two at once, so that neither is lost when the other leaves. Undefined when AMI is not connected,
 * or does not let this user do it (write = call): somebody else has to.
 */
export function createRedirect(
  connection: () => AmiConnection | undefined,
): (request: RedirectRequest) => Promise<CommandOutcome> | undefined {
  return (request) => {
    const up = connection();
    return up && redirect(up, request);
  };
}

async function redirect(
  up: AmiConnection,
  { context, first, second }: RedirectRequest,
): Promise<CommandOutcome> {
  const place = { Channel: first.uniqueId, Context: context, Exten: first.exten, Priority: '1' };
  const extra = second && {
    ExtraChannel: second.uniqueId,
    ExtraContext: context,
    ExtraExten: second.exten,
    ExtraPriority: '1',
  };
  try {
    await up.request('Redirect', { ...place, ...extra });
    return { ok: true };
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    const { code, message } = error;
    if (code === 'refused') return { ok: false, why: 'refused', detail: message };
    return { ok: false, why: code === 'timeout' ? 'timeout' : 'unreachable', detail: message };
  }
}
