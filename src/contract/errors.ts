/**
 * The one registry of error codes: what a client may receive in the `code` of an
 * `application/problem+json` body, and as `endedBecause`-like refusals on the panel.
 * The README's error table is compared with it by a test.
 */
export const errorRegistry = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  'validation-failed': { status: 400, title: 'A field is missing, unknown or out of its limits' },
  'body-too-large': { status: 413, title: 'The request body is over the limit' },
  'bad-cursor': { status: 400, title: 'The page cursor is not one this server gave' },
  'bad-csv': { status: 400, title: 'The CSV file cannot be read, or a row is wrong' },
  'bad-credentials': { status: 401, title: 'Unknown login or wrong password' },
  'not-signed-in': { status: 401, title: 'Sign in first' },
  'bad-token': { status: 401, title: 'The token is missing or wrong' },
  'not-allowed': { status: 403, title: 'You do not have this right' },
  'foreign-origin': { status: 403, title: 'A writing request must come from our own pages' },
  'outside-your-teams': { status: 403, title: 'That person or call is not of your teams' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'agent-not-found': { status: 404, title: 'There is no such agent' },
  'call-not-found': { status: 404, title: 'There is no such call' },
  'queue-not-found': { status: 404, title: 'There is no such queue' },
  'supervision-not-found': { status: 404, title: 'There is no such supervision' },
  'viewing-not-found': { status: 404, title: 'There is no such viewing of a screen' },
  'already-exists': { status: 409, title: 'That name, login or device is already taken' },
  'agent-not-on-call': { status: 409, title: 'The agent is not on a call' },
  'agent-not-connected': { status: 409, title: 'The agent is not connected' },
  'agent-leg-uncertain': { status: 409, title: 'It is not certain which leg is the agent’s' },
  'agent-has-two-calls': { status: 409, title: 'The agent has two calls up and none on hold' },
  'call-already-ended': { status: 409, title: 'The call has ended' },
  'call-not-agents': { status: 409, title: 'The agent is not on that call' },
  'supervision-ended': { status: 409, title: 'The supervision has ended' },
  'supervision-busy': { status: 409, title: 'You are already supervising; stop that one first' },
  'own-call': { status: 409, title: 'You cannot supervise yourself' },
  'no-phone': { status: 409, title: 'You have no phone set; an administrator sets devices' },
  'phone-not-a-device': { status: 409, title: 'Your phone is not a real device (a Local/ or group address)' },
  'call-not-interceptable': {
    status: 409,
    title: 'That call cannot be taken over (parked, a conference, or one end only)',
  },
  'call-being-intercepted': { status: 409, title: 'Another supervisor is taking that call over' },
  'call-not-waiting': { status: 409, title: 'The call is not waiting in a queue' },
  'not-intercepted': { status: 409, title: 'Only a call that was taken over can be handed over' },
  'needs-dialplan': {
    status: 409,
    title: 'This needs the bundled dialplan file (#include extensions_vigie.conf)',
  },
  'outside-listening-hours': { status: 409, title: 'The policy allows no listening to this person now' },
  'number-never-listened': { status: 409, title: 'The policy protects this number' },
  'queue-never-listened': { status: 409, title: 'The policy protects this queue' },
  'internal-call-protected': { status: 409, title: 'The policy protects calls between colleagues' },
  'private-call': { status: 409, title: 'The agent has marked this call as private' },
  'call-not-yours': {
    status: 403,
    title: 'Only those who take part in the call or listen to it may do this',
  },
  'private-calls-off': { status: 409, title: 'The policy does not offer private calls' },
  'policy-changed-meanwhile': { status: 409, title: 'Somebody else changed the policy; look at it again' },
  'already-evaluated': { status: 409, title: 'You have evaluated this call already' },
  'evaluation-closed': { status: 409, title: 'An evaluation can be changed for 24 hours only' },
  'grid-changed-meanwhile': { status: 409, title: 'The grid has changed; look at it again' },
  'caller-objected': { status: 409, title: 'The caller objects to being listened to' },
  'phone-on-other-pbx': {
    status: 409,
    title: 'Your phone is on another PBX, which the agent’s cannot ring (dialStrings)',
  },
  'no-browser-phone': { status: 409, title: 'Your browser phone is not connected' },
  'browser-phone-unavailable': {
    status: 409,
    title: 'The PBX does not offer browser phones; the wiring guide says what to add',
  },
  'screen-not-shared': { status: 409, title: 'The agent does not share his screen' },
  'screen-hidden': { status: 409, title: 'The agent is on a pause: his screen is not to be seen' },
  'screen-watchers-full': { status: 409, title: 'As many people as may watch this screen already' },
  'viewing-ended': { status: 409, title: 'The viewing ended before it could begin' },
  'agent-not-in-queue': { status: 409, title: 'The agent is in no queue' },
  'agent-already-paused': { status: 409, title: 'The agent is paused already' },
  'agent-not-paused': { status: 409, title: 'The agent is not paused' },
  'mode-not-available': { status: 409, title: 'That mode is not available here' },
  'agent-has-no-device': { status: 409, title: 'The agent has no device that a queue could ring' },
  'queue-member-static': { status: 409, title: 'A static member cannot be removed; he can be paused' },
  'needs-ami': { status: 409, title: 'This needs the AMI connection (AMI_HOST …)' },
  'message-too-long': { status: 413, title: 'The message is longer than 4,000 characters' },
  'thread-not-found': { status: 404, title: 'There is no such conversation' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used with another body' },
  'too-many-attempts': { status: 429, title: 'Too many attempts; wait and try again' },
  internal: { status: 500, title: 'Something failed here; it was logged' },
  'pbx-refused': { status: 502, title: 'Asterisk refused the command' },
  'pbx-unreachable': { status: 503, title: 'Asterisk does not answer' },
  'database-unavailable': { status: 503, title: 'The database does not answer' },
  'audit-unavailable': { status: 503, title: 'The audit entry cannot be written, so nobody may listen' },
  overloaded: { status: 503, title: 'Too much at once; try again in a moment' },
  'shutting-down': { status: 503, title: 'The server is stopping' },
  'pbx-timeout': { status: 504, title: 'Asterisk did not answer in time' },
  // Start-up and command-line errors: never sent over HTTP, printed by `vigie`.
  'bad-setting': { status: 500, title: 'A setting is missing or wrong' },
  'data-dir-in-use': { status: 500, title: 'Another vigie server uses this DATA_DIR' },
  'data-dir-not-traversable': {
    status: 500,
    title: 'The database’s user cannot enter DATA_DIR or the binaries’ folder',
  },
  'no-postgres': { status: 500, title: 'No PostgreSQL binaries were found for this DATA_DIR' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorRegistry;

/** An expected refusal or failure with a stable code. `detail` is for people; it never holds secrets. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Facts for the client beside the text, e.g. `{field: 'from'}`. */
  readonly extra: Record<string, unknown>;
  constructor(code: ErrorCode, detail?: string, extra: Record<string, unknown> = {}) {
    super(detail ?? errorRegistry[code].title);
    this.name = 'AppError';
    this.code = code;
    this.extra = extra;
  }
  get status(): number {
    return errorRegistry[this.code].status;
  }
}
