/** Where every server hears of what another one was told. */
export const chatChannel = 'vigie_chat';

/** What one server says to the others: `id` of the message or thread, `personId` of who has read or types. */
export interface Notice {
  kind: 'message' | 'read' | 'typing';
  /** The server that says it, and has told its own pages already. */
  source: string;
  agentId: string;
  supervisorId: string;
  id: string;
}

const form = /^(message|read|typing) (\S+) (\S+) (\S+) (\S+)$/;

export const noticeText = ({ kind, source, agentId, supervisorId, id }: Notice): string =>
  `${kind} ${source} ${agentId} ${supervisorId} ${id}`;

/** Undefined for what no server of ours says. */
export function readNotice(text: string): Notice | undefined {
  const [, kind, source, agentId, supervisorId, id] = form.exec(text) ?? [];
  if (!kind || !source || !agentId || !supervisorId || !id) return undefined;
  return { kind: kind as Notice['kind'], source, agentId, supervisorId, id };
}
