import type {
  AttemptOutcome,
  CallState,
  Direction,
  EndedBy,
  HangupReason,
  Phase,
} from '../../contract/calls.ts';

/** What is known when a call has ended: all that the reason depends on. */
export interface Ending {
  direction: Direction;
  how: 'seen' | 'vanished' | 'restarted';
  /** Who hung up: the caller or customer himself, somebody he talked with, the PBX's dialplan. */
  by: 'subject' | 'partner' | 'supervisor' | 'dialplan' | 'unknown';
  /** On internal calls after a transfer the subject may be the one who was called. */
  subjectIsCallee: boolean;
  answered: boolean;
  /** What he was in when it ended. */
  phase: Exclude<Phase, 'ended'>;
  /** The last one he talked with was outside the house, on a call that came in. */
  partnerOutside: boolean;
  /** The outcomes of the last ringing, when nobody answered it. */
  lastAttempts: readonly AttemptOutcome[];
  /** Q.850 causes of the subject's leg first, then of the last ringing. */
  causes: readonly number[];
  /** The dialplan wanted to ring a phone of the house last, and nothing was registered there. */
  nobodyThere: boolean;
  /** The dialplan sent him to an extension that does not exist. */
  wentNowhere: boolean;
  /** The dialplan application he was in. */
  lastApp: string;
}
export interface Verdict {
  reason: HangupReason;
  endedBy: EndedBy;
  state: CallState;
}

/** Why a call ended. One pure table; the first row that fits holds. */
export function hangupReason(ending: Ending): Verdict {
  const [reason, endedBy] = reasonOf(ending);
  return { reason, endedBy, state: stateOf(reason, ending.answered) };
}

function reasonOf(ending: Ending): [HangupReason, EndedBy] {
  const { how, by, phase, answered } = ending;
  if (how === 'restarted') return ['pbx-restarted', 'system'];
  if (how === 'vanished') return ['unknown', 'unknown'];
  if (mediaFailed(ending)) return ['media-failure', 'system'];
  if (phase === 'voicemail') return ['voicemail', by === 'subject' ? subjectOf(ending) : 'system'];
  if (phase === 'talking' || phase === 'on-hold') return talkEnd(ending);
  if (ending.lastApp === 'Busy' && !answered) return ['busy', 'system'];
  if (ending.lastApp === 'Congestion' && !answered) return ['congestion', 'system'];
  if (by === 'subject') return givenUp(ending);
  const refused = refusal(ending);
  if (refused) return refused;
  if (by === 'partner' && answered) return talkEnd(ending);
  if (by === 'unknown') return unseen(ending);
  return ['ended-by-dialplan', 'system'];
}

function talkEnd(ending: Ending): [HangupReason, EndedBy] {
  if (ending.partnerOutside) return ['forwarded-outside', outsideEnd(ending.by)];
  switch (ending.by) {
    case 'subject':
      return [hungUp(ending, ending.subjectIsCallee), subjectOf(ending)];
    case 'supervisor':
      return ['supervisor-hung-up', 'supervisor'];
    case 'partner':
      if (ending.direction !== 'internal') return ['agent-hung-up', 'agent'];
      return ['callee-hung-up', 'callee'];
    case 'dialplan':
      return ['ended-by-dialplan', 'system'];
    case 'unknown':
      return ['unknown', 'unknown'];
    default:
      return ending.by satisfies never;
  }
}

function outsideEnd(by: Ending['by']): EndedBy {
  switch (by) {
    case 'subject':
      return 'customer';
    case 'partner':
      return 'callee';
    case 'supervisor':
      return 'supervisor';
    case 'dialplan':
      return 'system';
    case 'unknown':
      return 'unknown';
    default:
      return by satisfies never;
  }
}

const hungUp = (ending: Ending, isCallee: boolean): HangupReason => {
  if (ending.direction !== 'internal') return 'customer-hung-up';
  return isCallee ? 'callee-hung-up' : 'caller-hung-up';
};

/** Who the subject is, in the words of `endedBy`. Before an outside call is answered it is still our agent. */
function subjectOf(ending: Ending): EndedBy {
  if (ending.direction === 'inbound') return 'customer';
  if (ending.direction === 'outbound') return ending.answered ? 'customer' : 'agent';
  return ending.subjectIsCallee ? 'callee' : 'caller';
}

/** The caller hung up while nobody talked with him. */
function givenUp(ending: Ending): [HangupReason, EndedBy] {
  const who = subjectOf(ending);
  switch (ending.phase) {
    case 'queued':
      return ['abandoned-in-queue', who];
    case 'ringing':
      return ['abandoned-ringing', who];
    default:
      return ending.answered ? [hungUp(ending, ending.subjectIsCallee), who] : ['abandoned-in-menu', who];
  }
}

/** Nobody of the last ringing answered, or the PBX found no way: the kindest of several outcomes counts. */
function refusal(ending: Ending): [HangupReason, EndedBy] | null {
  const { lastAttempts } = ending;
  const has = (outcome: AttemptOutcome) => lastAttempts.includes(outcome);
  const callee: EndedBy =
    ending.direction === 'inbound' ? 'agent' : ending.direction === 'outbound' ? 'customer' : 'callee';
  if (has('no-answer')) return ['no-answer', 'system'];
  if (has('busy')) return ['busy', 'system'];
  if (has('rejected')) return ['rejected', callee];
  if (has('unknown')) return ['unknown', 'unknown'];
  const [cause] = ending.causes.filter((one) => one in reasonOfCause);
  if (has('unreachable') || ending.nobodyThere) return ['agent-unreachable', 'system'];
  if (cause !== undefined && !ending.answered) return [reasonOfCause[cause]!, 'system'];
  if (has('congestion')) return ['congestion', 'system'];
  if (ending.wentNowhere && ending.by !== 'partner') return ['invalid-number', 'system'];
  return null;
}

/** Q.850 (ITU-T), as far as a PBX ends unanswered calls with them. */
const reasonOfCause: Record<number, HangupReason> = {
  1: 'invalid-number',
  2: 'invalid-number',
  3: 'invalid-number',
  17: 'busy',
  18: 'no-answer',
  19: 'no-answer',
  20: 'agent-unreachable',
  21: 'rejected',
  22: 'invalid-number',
  27: 'agent-unreachable',
  28: 'invalid-number',
  34: 'congestion',
  38: 'congestion',
  41: 'congestion',
  42: 'congestion',
  44: 'congestion',
  47: 'congestion',
};

/** Media given up: no audio came (44 on a conversation, by `rtp_timeout`), or the two ends share no codec (58, 88). */
function mediaFailed({ phase, causes, by }: Ending): boolean {
  const talking = phase === 'talking' || phase === 'on-hold';
  if (talking) return by !== 'subject' && causes.some((cause) => cause === 44);
  return by !== 'subject' && causes.some((cause) => cause === 58 || cause === 88);
}

/** Nobody says who hung up: only what cannot be otherwise is said. A ringing or a queue ends itself in other ways. */
function unseen(ending: Ending): [HangupReason, EndedBy] {
  if (ending.phase === 'queued' || ending.phase === 'ringing') return givenUp(ending);
  return ['unknown', 'unknown'];
}

function stateOf(reason: HangupReason, answered: boolean): CallState {
  if (answered) return 'answered';
  switch (reason) {
    case 'abandoned-in-menu':
    case 'abandoned-in-queue':
    case 'abandoned-ringing':
      return 'abandoned';
    case 'busy':
      return 'busy';
    case 'invalid-number':
    case 'congestion':
    case 'media-failure':
    case 'pbx-restarted':
    case 'unknown':
      return 'failed';
    default:
      return 'missed';
  }
}
