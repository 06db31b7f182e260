import { randomBytes } from 'node:crypto';
import { AppError } from '../../contract/errors.ts';
import { browserDeviceOf, browserEndpointOf, type PhoneConnection } from '../../contract/phones.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PeopleDirectory, Person } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { AccountOutcome, ConfiguredPhone, IceServersFor, PhoneAccounts } from '../../ports/phones.ts';
import type { Viewer } from '../../ports/viewer.ts';
import { dialStringOf, type Phone, type PhoneBook } from './phone-book.ts';
import type { createPhoneTickets } from './phone-tickets.ts';

export interface PhonesDeps {
  accountsOf: (pbx: string) => PhoneAccounts | undefined;
  people: PeopleDirectory;
  /** Phones of the PBX's own configuration, by login; used where none can be made. */
  configured: ReadonlyMap<string, ConfiguredPhone>;
  iceServers: IceServersFor;
  /** Where what an agent's browser phone dials goes on that PBX; null: it only receives. */
  callContextOf: (pbx: string) => string | null;
  clock: Clock;
  log: Log;
}

/** There is nothing in it: a phone that only listens can dial nothing. */
export const noCallsContext = 'vigie-no-calls';

/** A phone in the browser is for who listens, and for agents. Pure. */
export const mayHavePhone = (viewer: Pick<Viewer, 'permissions'>): boolean =>
  viewer.permissions.has('supervision.listen') || viewer.permissions.has('agent-page');

/** Whether what he dials goes anywhere: an agent, one of whose devices it is, where the setting allows it. Pure. */
export function mayCallWith(device: string, person: Person, callContext: string | null): boolean {
  return callContext !== null && person.roles.includes('agent') && person.devices.includes(device);
}

interface Parts extends PhonesDeps {
  book: PhoneBook;
  tickets: ReturnType<typeof createPhoneTickets>;
}

/**
 * One connection for a phone in the viewer's page. Throws `not-allowed`, `browser-phone-unavailable` (with what is
 * missing), `too-many-attempts`, `pbx-unreachable`, `pbx-timeout`.
 */
export async function connectPhone(parts: Parts, viewer: Viewer, page: string): Promise<PhoneConnection> {
  if (!mayHavePhone(viewer))
    throw new AppError('not-allowed', 'You do not have the right to a browser phone');
  const person = parts.people.byId(viewer.personId);
  if (!person) throw new AppError('not-allowed');
  const now = parts.clock.now();
  const { ticket, expiresAtMs } = parts.tickets.issue(person.id, page, now);
  const phone = await readyPhone(parts, person);
  const ice = parts.iceServers(phone.endpoint, now);
  const device = dialStringOf(phone);
  return {
    ticket,
    ticketExpiresAt: new Date(expiresAtMs).toISOString(),
    device,
    sip: { uri: `sip:${phone.endpoint}@vigie.invalid`, username: phone.endpoint, password: phone.password },
    iceServers: ice.iceServers,
    iceExpiresAt: ice.expiresAtMs === null ? null : new Date(ice.expiresAtMs).toISOString(),
    mayCall: mayCallWith(device, person, parts.callContextOf(person.pbx)),
  };
}

/** His phone, certain to be on the PBX: it forgets what was made when it restarts. */
async function readyPhone(parts: Parts, person: Person): Promise<Phone> {
  const { book } = parts;
  const accounts = parts.accountsOf(person.pbx);
  if (!accounts) throw new AppError('browser-phone-unavailable', 'No PBX is configured');
  const known = book.phones.get(person.id);
  const phone = known?.isMade ? { ...known, ...contextOf(parts, person) } : newPhone(parts, person);
  const outcome = await accounts.put(phone);
  const kept = outcome.ok ? phone : configuredPhone(parts, person, outcome);
  // Another page of his may have been quicker, or left, meanwhile: what changes while one waits is taken from now.
  const current = book.phones.get(person.id);
  if (current && current.endpoint === kept.endpoint) {
    if (outcome.ok && !known) await accounts.put({ ...kept, password: current.password });
    Object.assign(current, { context: kept.context });
    return current;
  }
  book.phones.set(person.id, kept);
  return kept;
}

function newPhone(parts: Parts, person: Person): Phone {
  return {
    personId: person.id,
    pbx: person.pbx,
    endpoint: browserEndpointOf(person.id),
    password: randomBytes(24).toString('base64url'),
    isMade: true,
    ...contextOf(parts, person),
    callerName: person.publicName ?? person.name,
    page: null,
    close: null,
    isRegistered: false,
    leaving: null,
  };
}

function contextOf({ callContextOf }: Parts, person: Person): { context: string } {
  const callContext = callContextOf(person.pbx);
  const mayCall = mayCallWith(browserDeviceOf(person.id), person, callContext);
  return { context: mayCall && callContext !== null ? callContext : noCallsContext };
}

const missingLines =
  'Asterisk makes no phones over ARI: add dialplan/sorcery_vigie.conf to sorcery.conf and restart it ' +
  '([res_pjsip] endpoint = memory, auth = memory, aor = memory, each after its config line), or set BROWSER_PHONES';

function configuredPhone(parts: Parts, person: Person, why: Exclude<AccountOutcome, { ok: true }>): Phone {
  switch (why.why) {
    case 'timeout':
      throw new AppError('pbx-timeout');
    case 'unreachable':
      throw new AppError('pbx-unreachable');
    case 'gone':
    case 'refused':
      parts.log.warn({ personId: person.id, detail: why.detail }, 'the PBX refused a browser phone');
      throw new AppError('pbx-refused');
    case 'no-dynamic-objects': {
      const found = person.login === null ? undefined : parts.configured.get(person.login);
      if (!found) throw new AppError('browser-phone-unavailable', missingLines);
      return { ...newPhone(parts, person), ...found, isMade: false };
    }
    default:
      return why satisfies never;
  }
}
