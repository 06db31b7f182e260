import type { ConnectPhone, PhoneConnection } from '../../../contract/phones.ts';
import { RequestProblem, request } from '../http/request.ts';
import { askForMicrophone, openMicrophone } from './microphone.ts';
import { readChoice, writeChoice } from './phone-choices.ts';
import type { PhoneLine } from './phone-line.ts';
import { phoneStore, setPhone } from './phone-state.ts';

/** Names this load of the page: what an earlier one left on the PBX is hung up. */
const page = [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, '0'))
  .join('');

let line: PhoneLine | null = null;
let wish = 0;
let owner: string | null = null;
let expectsSupervision = () => false;
let isSpeaking = false;

/** Asked for again before TURN credentials end. */
const refreshShare = 0.5;
let refreshTimer: ReturnType<typeof setTimeout> | undefined;

/**
 * Makes this page the person's phone, and remembers to do so next time. Asks for the microphone; without one he hears
 * all the same. Connecting twice is fine.
 */
export async function connectPhone(personId: string): Promise<void> {
  if (line || phoneStore.get().link === 'connecting') return;
  wish += 1;
  const mine = wish;
  owner = personId;
  writeChoice(`auto.${personId}`, 'yes');
  setPhone({ link: 'connecting', problem: null });
  if (!window.isSecureContext) setPhone({ microphone: 'insecure' });
  try {
    const [first, { PhoneLine: Line }] = await Promise.all([fetchConnection(), import('./phone-line.ts')]);
    if (mine !== wish) return;
    setPhone({ device: first.device, mayCall: first.mayCall });
    line = new Line({
      first,
      fetchConnection,
      expectsSupervision: () => expectsSupervision(),
      speaks: () => isSpeaking,
      onLost: lost,
    });
    await askForMicrophone();
  } catch (error) {
    if (mine !== wish) return;
    refused(error);
  }
}

/** For when the page loads: connects if that was the last wish on this browser. */
export function reconnectPhone(personId: string): void {
  if (readChoice(`auto.${personId}`) === 'yes') void connectPhone(personId);
}

/** `forget`: and do not connect by yourself next time. */
export function disconnectPhone({ forget }: { forget: boolean }): void {
  wish += 1;
  if (forget && owner) writeChoice(`auto.${owner}`, null);
  clearTimeout(refreshTimer);
  line?.stop();
  line = null;
  setPhone({
    link: 'off',
    problem: null,
    device: null,
    mayCall: false,
    call: null,
    quality: null,
    noSound: null,
  });
}

/** Which calls are a supervision's own leg: only those answer by themselves. */
export function expectSupervisions(expected: () => boolean): void {
  expectsSupervision = expected;
}

/** Whether the supervision's mode is one that speaks: while false no microphone is sent. */
export function setSpeaking(speaking: boolean): void {
  if (isSpeaking === speaking) return;
  isSpeaking = speaking;
  void line?.call?.speakAsWanted();
}

export const answerCall = (): void => line?.call?.answer();
export const hangUpCall = (): void => line?.call?.hangUp();
export const holdCall = (held: boolean): void => line?.call?.hold(held);
export const muteCall = (muted: boolean): void => line?.call?.mute(muted);
export const sendDigits = (digits: string): void => line?.call?.sendDigits(digits);
/** The microphone was changed: a call that speaks takes the new one. */
export const microphoneChanged = (): void => void line?.call?.speakAsWanted();

/** Dials from this page; without a microphone it does not, and the phone's state says why. */
export async function dial(number: string): Promise<void> {
  const track = await openMicrophone();
  if (track) line?.dial(number, track);
}

async function fetchConnection(): Promise<PhoneConnection> {
  try {
    const json: ConnectPhone = { page };
    const got = await request<PhoneConnection>('/api/phone', { method: 'POST', json });
    refreshBefore(got.iceExpiresAt);
    return got;
  } catch (error) {
    // Told to sign in, or that there is no phone to have: asking again helps nobody.
    if (error instanceof RequestProblem && isFinal(error)) refused(error);
    throw error;
  }
}

const isFinal = ({ status }: RequestProblem): boolean => status === 401 || status === 403 || status === 409;

function refused(error: unknown): void {
  line?.stop();
  line = null;
  const code = error instanceof RequestProblem ? error.code : 'unreachable';
  setPhone({ link: 'refused', problem: code, call: null });
}

function lost(link: 'elsewhere' | 'refused'): void {
  line = null;
  setPhone({ link, problem: link === 'refused' ? 'not-signed-in' : null, call: null });
}

function refreshBefore(iceExpiresAt: string | null): void {
  clearTimeout(refreshTimer);
  if (iceExpiresAt === null) return;
  const waitMs = (Date.parse(iceExpiresAt) - Date.now()) * refreshShare;
  refreshTimer = setTimeout(() => void line?.refresh().catch(() => {}), waitMs);
}
