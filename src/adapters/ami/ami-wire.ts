import { StringDecoder } from 'node:string_decoder';

/** One message of the manager: its lines by key. A key that came several times has its values joined by newlines. */
export type AmiMessage = ReadonlyMap<string, string>;

export const lineCharsMax = 64 * 1024;
export const messageLinesMax = 10_000;
export const messageCharsMax = 1024 * 1024;

export class BadAmi extends Error {}

export interface AmiReader {
  /** Throws BadAmi when the other side is no manager or breaks a limit; it is then to be cut. */
  take(chunk: Buffer): void;
}

/**
 * Splits the manager's stream into messages: `Key: value` lines ended by CR LF, a blank line after each message, one
 * line of greeting before the first (Asterisk's main/manager.c). An event that `isRead` refuses and that answers no request
 * is dropped without being taken apart: a class is subscribed to for few of its events, and a busy PBX raises many.
 */
export function createAmiReader(
  onMessage: (message: AmiMessage) => void,
  isRead: (event: string) => boolean = () => true,
): AmiReader {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isGreeted = false;
  let lines = new Map<string, string>();
  let linesTaken = 0;
  let charsTaken = 0;
  /** The lines of an event that is dropped unless an ActionID shows that somebody asked for it. */
  let unread: string[] | null = null;

  function takeLine(line: string): void {
    if (!isGreeted) {
      if (!line.startsWith('Asterisk Call Manager')) throw new BadAmi('no Asterisk manager answers there');
      isGreeted = true;
    } else if (line === '') endMessage();
    else addLine(line);
  }

  function endMessage(): void {
    const message = lines;
    lines = new Map();
    linesTaken = 0;
    charsTaken = 0;
    const isDropped = unread !== null;
    unread = null;
    if (message.size > 0 && !isDropped) onMessage(message);
  }

  function addLine(line: string): void {
    linesTaken += 1;
    charsTaken += line.length;
    if (linesTaken > messageLinesMax || charsTaken > messageCharsMax)
      throw new BadAmi('a message is too long');
    if (unread === null) {
      takeApart(line);
      return;
    }
    unread.push(line);
    if (!line.startsWith('ActionID:')) return;
    const asked = unread;
    unread = null;
    for (const one of asked) takeApart(one);
  }

  function takeApart(line: string): void {
    const colon = line.indexOf(':');
    if (colon <= 0) return;
    const key = line.slice(0, colon);
    const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    const before = lines.get(key);
    lines.set(key, before === undefined ? value : `${before}\n${value}`);
    if (linesTaken === 1 && key === 'Event' && !isRead(value)) unread = [];
  }

  return {
    take(chunk) {
      rest += decoder.write(chunk);
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        takeLine(rest.slice(start, rest[end - 1] === '\r' ? end - 1 : end));
        start = end + 1;
      }
      rest = rest.slice(start);
      if (rest.length > lineCharsMax) throw new BadAmi('a line is too long');
    },
  };
}

/** A request as text. Values lose their line ends: nobody's name may become a line of its own. */
export function amiRequest(action: string, fields: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries({ Action: action, ...fields }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${value.replace(/[\r\n\0]+/g, ' ')}`],
  );
  return `${lines.join('\r\n')}\r\n\r\n`;
}
