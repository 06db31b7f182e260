import { isOwnId } from '../../ports/telephony.ts';
import type { FactBody, QueueMember } from '../../ports/telephony-facts.ts';
import type { AmiMessage } from './ami-wire.ts';

const text = (message: AmiMessage, key: string): string => message.get(key) ?? '';
const number = (message: AmiMessage, key: string): number => Number.parseInt(text(message, key), 10) || 0;

/** The events that become facts, and the one that tells wrap-ups. All others of their classes are skipped unread. */
export const amiEventsUsed: ReadonlySet<string> = new Set([
  'QueueMemberAdded',
  'QueueMemberStatus',
  'QueueMemberPause',
  'QueueMemberPenalty',
  'QueueMemberRemoved',
  'QueueCallerJoin',
  'QueueCallerAbandon',
  'QueueCallerLeave',
  'AgentLogin',
  'AgentLogoff',
  'ChanSpyStart',
  'ChanSpyStop',
]);

/** One event of the classes `agent` and `call` as the fact it tells, or undefined. Pure. */
export function amiFactOf(event: AmiMessage): FactBody | undefined {
  const queue = text(event, 'Queue');
  switch (event.get('Event')) {
    case 'QueueMemberAdded':
    case 'QueueMemberStatus':
    case 'QueueMemberPause':
    case 'QueueMemberPenalty':
      return { kind: 'queue-member', queue, member: memberOf(event) };
    case 'QueueMemberRemoved':
      return { kind: 'queue-member-gone', queue, interface: interfaceOf(event) };
    case 'QueueCallerJoin':
      return callerOf(event, number(event, 'Count'));
    case 'QueueCallerAbandon':
      return { kind: 'queue-caller-left', queue, uniqueId: text(event, 'Uniqueid'), abandoned: true };
    case 'QueueCallerLeave':
      return { kind: 'queue-caller-left', queue, uniqueId: text(event, 'Uniqueid'), abandoned: false };
    case 'AgentLogin':
      return loginOf(event, true);
    case 'AgentLogoff':
      return loginOf(event, false);
    case 'ChanSpyStart':
    case 'ChanSpyStop':
      return spyOf(event);
    default:
      return undefined;
  }
}

/** A waiting caller, from QueueCallerJoin or a QueueEntry of QueueStatus. */
export function callerOf(event: AmiMessage, waiting: number): FactBody {
  const { queue, uniqueId } = { queue: text(event, 'Queue'), uniqueId: text(event, 'Uniqueid') };
  return { kind: 'queue-caller-joined', queue, uniqueId, position: number(event, 'Position'), waiting };
}

function loginOf(event: AmiMessage, loggedIn: boolean): FactBody {
  return { kind: 'agent-login', agent: text(event, 'Agent'), uniqueId: text(event, 'Uniqueid'), loggedIn };
}

/** Every snoop raises them too, our own as well: those are ARI's to tell. */
function spyOf(event: AmiMessage): FactBody | undefined {
  const uniqueId = text(event, 'SpyerUniqueid');
  const channel = text(event, 'SpyerChannel');
  if (uniqueId === '' || isOwnId(uniqueId) || channel.startsWith('Snoop/')) return undefined;
  if (event.get('Event') === 'ChanSpyStop') return { kind: 'spy-ended', spyUniqueId: uniqueId };
  return {
    kind: 'spy-began',
    spy: { uniqueId, channel, via: 'chanspy', app: '' },
    target: { uniqueId: text(event, 'SpyeeUniqueid'), channel: text(event, 'SpyeeChannel') },
  };
}

/** QueueStatus says Location and Name where events say Interface and MemberName. */
export const interfaceOf = (event: AmiMessage): string => event.get('Interface') ?? text(event, 'Location');

export function memberOf(event: AmiMessage): QueueMember {
  const name = event.get('MemberName') ?? text(event, 'Name');
  return {
    interface: interfaceOf(event),
    stateInterface: event.get('StateInterface') || null,
    // Without a name of his own Asterisk repeats the interface.
    name: name === '' || name === interfaceOf(event) ? null : name,
    paused: text(event, 'Paused') === '1',
    pauseReason: event.get('PausedReason') || null,
    penalty: number(event, 'Penalty'),
    static: text(event, 'Membership') === 'static',
  };
}

/**
 * When the member's wrap-up ends by the PBX's clock, 0 when he has none. Asterisk counts whole seconds from LastCall;
 * the member's own Wrapuptime, when there is one, goes before the queue's (app_queue.c).
 */
export function wrapUpEndMs(event: AmiMessage, queueWrapUpSeconds: number): number {
  const lastCall = number(event, 'LastCall');
  const seconds = number(event, 'Wrapuptime') || queueWrapUpSeconds;
  return text(event, 'InCall') === '1' || lastCall === 0 || seconds <= 0 ? 0 : (lastCall + seconds) * 1000;
}

/** The event's own time when manager.conf has `timestampevents = yes`. */
export function eventTimeMs(event: AmiMessage): number | undefined {
  const seconds = Number(event.get('Timestamp'));
  return seconds > 0 ? Math.round(seconds * 1000) : undefined;
}
