/** A codec as Asterisk writes it. Verdict phones use `slin16`: nothing is lost in it, so silence is silence. */
export type Codec = 'slin16' | 'ulaw' | 'alaw' | 'g722' | 'opus';

type AnswerRule = 'auto' | 'auto-header' | 'ring' | 'busy' | 'reject' | 'forward' | 'manual';

/** What a phone does with the calls it gets. */
export interface Behaviour {
  /**
   * auto: answers after `answerAfterMs`. auto-header: the same, but only when the call asks for it by
   * Call-Info/Alert-Info, else it rings. ring, manual: rings (manual says that the test will answer).
   * busy: 486. reject: declines with `sipCode` (603). forward: 302 to `forwardTo`.
   */
  answer: AnswerRule;
  answerAfterMs?: number;
  /** From the answer on. */
  hangupAfterMs?: number;
  sipCode?: number;
  /** Q.850 cause sent when this phone hangs up. */
  cause?: number;
  forwardTo?: string;
}

export interface PhoneSpec {
  /** Number and name of the PBX's endpoint (`PJSIP/1001`). */
  number: string;
  name: string;
  role: 'agent' | 'supervisor';
  codec: Codec;
  /** The tone it plays while talking. */
  toneHz: number;
  behaviour: Behaviour;
  registered: boolean;
  directMedia: boolean;
  /** How many phones (contacts) register under this number. */
  contacts: number;
}

const agentNames = [
  'Alice Martin',
  'Bruno Petit',
  'Chloé Durand',
  'David Moreau',
  'Emma Laurent',
  'Farid Benali',
].concat(['Gaëlle Simon', 'Hugo Michel', 'Inès Garcia', 'Julien Roux', 'Karima Fournier', 'Louis Girard']);
const agentCodecs: Codec[] = ['slin16', 'slin16', 'slin16', 'alaw', 'ulaw', 'g722', 'opus'];

const plain = { codec: 'slin16', registered: true, directMedia: false, contacts: 1 } as const;

/** Supervisors, whose phones answer by themselves when asked to, but for those that show a trouble. */
const supervisors: Array<[string, Behaviour]> = [
  ['Sophie Bernard', { answer: 'auto-header' }],
  ['Thomas Robert', { answer: 'auto-header' }],
  ['Phone that is off', { answer: 'auto' }],
  ['Phone forwarded outside', { answer: 'forward', forwardTo: '0699999999' }],
  ['Phone always busy', { answer: 'busy' }],
  ['Phone that declines', { answer: 'reject' }],
  ['Phone that rings for ever', { answer: 'ring' }],
  ['Phone that answers late', { answer: 'auto', answerAfterMs: 6000 }],
];

/** The number of the supervisor's phone that never registers. */
const unregisteredPhone = '1903';
/** The agent with two phones, and the agents whose media goes directly between phones. */
const twoContactsPhone = '1010';
const directMediaPhones = ['1011', '1012'];

/** The lab's phones: agents 1001–1012, supervisors 1901–1908. */
export function defaultRoster(): PhoneSpec[] {
  const agents = agentNames.map((name, i): PhoneSpec => {
    const number = String(1001 + i);
    return {
      ...plain,
      number,
      name,
      role: 'agent',
      codec: agentCodecs[i] ?? 'alaw',
      toneHz: 800 + i * 50,
      behaviour: { answer: 'auto', answerAfterMs: 200 },
      directMedia: directMediaPhones.includes(number),
      contacts: number === twoContactsPhone ? 2 : 1,
    };
  });
  const others = supervisors.map(([name, behaviour], i): PhoneSpec => {
    const number = String(1901 + i);
    const registered = number !== unregisteredPhone;
    return { ...plain, number, name, role: 'supervisor', toneHz: 1500 + i * 50, behaviour, registered };
  });
  return [...agents, ...others];
}

/** What a customer's phone does when the PBX calls a number outside. */
export const outsideBehaviour: Behaviour = { answer: 'auto', answerAfterMs: 200 };
export const customerToneHz = 400;
/** What held and waiting parties hear from the PBX. */
export const holdMusicHz = 250;
