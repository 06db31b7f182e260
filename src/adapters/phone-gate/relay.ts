import type { RawData, WebSocket } from 'ws';
import { phoneGateCloses } from '../../contract/phones.ts';
import { type PhoneRights, refusalOfMessage } from './sip-screen.ts';

/** A call set up with everything takes a dozen messages. */
export const messagesPerSecondMax = 100;
/** Bytes that one side may leave unread. */
export const waitingBytesMax = 1_000_000;
const pingEveryMs = 15_000;
const closeWaitMs = 2_000;

interface RelayEvents {
  /** Once, with the code to close with. */
  onEnd(code: number): void;
  onRefused(why: string): void;
}

/** Carries messages both ways between a browser's phone and the PBX. `end` closes both sides. */
export function relay(
  browser: WebSocket,
  pbx: WebSocket,
  rights: PhoneRights,
  { onEnd, onRefused }: RelayEvents,
): { end(code: number): void } {
  let second = 0;
  let messages = 0;
  let isAlive = true;

  function refuse(why: string): void {
    onRefused(why);
    onEnd(phoneGateCloses.refused);
  }
  function isTooMany(): boolean {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) messages = 0;
    second = now;
    messages += 1;
    return messages > messagesPerSecondMax;
  }
  function pass(to: WebSocket, text: string): void {
    if (to.readyState !== to.OPEN) return;
    if (to.bufferedAmount > waitingBytesMax) onEnd(phoneGateCloses.pbxGone);
    else to.send(text);
  }

  browser.on('message', (data, isBinary) => {
    if (isTooMany()) return refuse('too many messages');
    const text = isBinary ? null : textOf(data);
    const why = text === null ? 'not text' : refusalOfMessage(text, rights);
    if (why !== null) return refuse(why);
    pass(pbx, text!);
  });
  pbx.on('message', (data) => pass(browser, textOf(data)));
  for (const side of [browser, pbx]) {
    side.on('error', () => side.terminate());
    side.on('close', () => onEnd(side === pbx ? phoneGateCloses.pbxGone : normal));
  }
  browser.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) return browser.terminate();
    isAlive = false;
    browser.ping();
  }, pingEveryMs).unref();

  return {
    end(code) {
      clearInterval(timer);
      browser.close(code);
      // The PBX takes the contact away as soon as its side is gone.
      pbx.close(normal);
      const impatience = () => {
        browser.terminate();
        pbx.terminate();
      };
      setTimeout(impatience, closeWaitMs).unref();
    },
  };
}

const normal = 1000;
const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString();
