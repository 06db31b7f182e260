/** What a browser's phone may say to the PBX. It speaks for itself alone, and only what a phone of ours says. */
export interface PhoneRights {
  /** The user part of every From of his. */
  endpoint: string;
  /** Whether it may begin calls. */
  mayCall: boolean;
}

const methods = new Set(['REGISTER', 'INVITE', 'ACK', 'BYE', 'CANCEL', 'INFO', 'OPTIONS', 'UPDATE', 'PRACK']);
/** Anything else could name another endpoint (`match_header`), or take another's call (`Replaces`). */
const headersKnown = new Set(
  (
    'via max-forwards from to call-id cseq contact expires allow supported user-agent content-type content-length ' +
    'content-disposition authorization proxy-authorization route record-route session-expires min-se reason warning ' +
    'www-authenticate require proxy-require unsupported accept accept-encoding accept-language date server timestamp ' +
    'retry-after allow-events rseq rack info-package recv-info'
  ).split(' '),
);

/**
 * Why this message of a browser is not passed on; null when it is. Asterisk finds the endpoint by the From and by the
 * digest's user name, so both are this person's own.
 */
export function refusalOfMessage(text: string, { endpoint, mayCall }: PhoneRights): string | null {
  // Keep-alives (RFC 5626).
  if (/^(\r\n){1,2}$/.test(text)) return null;
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return 'not a SIP message';
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = readHeaders(lines);
  if (!headers) return 'a header that a phone of ours does not send';
  if (/^SIP\/2\.0 [1-6]\d\d /.test(first)) return null;
  const method = /^([A-Z]+) \S+ SIP\/2\.0$/.exec(first)?.[1] ?? '';
  if (!methods.has(method)) return 'a method that a phone of ours does not use';
  const from = headers.get('from');
  if (from?.length !== 1 || userOf(from[0]!) !== endpoint) return 'a From that is not this phone';
  const digests = [...(headers.get('authorization') ?? []), ...(headers.get('proxy-authorization') ?? [])];
  if (digests.some((digest) => digestUser(digest) !== endpoint)) return 'credentials of another phone';
  const to = headers.get('to');
  if (to?.length !== 1) return 'not one To';
  const isNewCall = method === 'INVITE' && !/;\s*tag=/i.test(to[0]!);
  return isNewCall && !mayCall ? 'a call, which this phone may not begin' : null;
}

const headersMax = 64;

/** Lower-case names with their values; null when a line is folded, malformed or unknown. */
function readHeaders(lines: readonly string[]): Map<string, string[]> | null {
  if (lines.length > headersMax) return null;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const found = /^([A-Za-z-]+)[ \t]*:[ \t]*([^\r\n\0]*)$/.exec(line);
    const name = found?.[1]?.toLowerCase();
    if (!name || !headersKnown.has(name)) return null;
    headers.set(name, [...(headers.get(name) ?? []), found![2]!]);
  }
  return headers;
}

/** `"Name" <sip:user@host>;tag=…`, with nothing in the name that could hold another address. */
function userOf(from: string): string | null {
  const found = /^(?:"[^"<>\\]*" *|[\w .-]*)<sips?:([\w.-]+)@[\w.:[\]-]+(?:;[\w=.-]+)*>(?:;[\w=.~-]+)*$/.exec(
    from,
  );
  return found?.[1] ?? null;
}

function digestUser(digest: string): string | null {
  const names = [...digest.matchAll(/username\s*=\s*"([^"\\]*)"/gi)];
  return names.length === 1 && /^Digest /i.test(digest) ? names[0]![1]! : null;
}
