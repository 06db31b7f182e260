import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { browserPhonePrefix, phoneGateCloses } from '../../contract/phones.ts';
import { type SharedEntries, unshared } from '../../ports/cluster.ts';
import type { BrowserPhones } from '../../ports/domain.ts';
import type { PhoneDesk } from '../../ports/phones.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { makeViewer } from '../../ports/viewer.ts';
import { createPhoneBook, dialStringOf, type Phone } from './phone-book.ts';
import { createPhoneTickets } from './phone-tickets.ts';
import { phonesRoutes } from './phones.routes.ts';
import { connectPhone, mayCallWith, mayHavePhone, type PhonesDeps } from './phones.service.ts';
import { sharePhones } from './shared-phones.ts';

export interface CreatePhones extends PhonesDeps {
  /** Phones of other servers' pages, by person. Default: there are none. */
  entries?: SharedEntries<string>;
  /** After a page has gone: reloading it, or a network that comes back, is not leaving. */
  graceMs?: number;
  /** After a start: phones of an earlier run whose pages do not come back by then are taken away. */
  sweepAfterMs?: number;
}
export interface Phones {
  routes: FastifyPluginAsyncTypebox;
  desk: PhoneDesk;
  board: BrowserPhones;
  onFact(fact: TelephonyFact): void;
  /** Takes every phone that was made away again. */
  stop(): Promise<void>;
}

const graceDefaultMs = 20_000;
const sweepDefaultMs = 60_000;

/** Phones in people's browsers: made when a page asks, taken away when it has gone. */
export function createPhones(deps: CreatePhones): Phones {
  const { people, clock, log, graceMs = graceDefaultMs, sweepAfterMs = sweepDefaultMs } = deps;
  const { entries = unshared<string>() } = deps;
  const book = createPhoneBook();
  const board = sharePhones(book.board, entries);
  const tickets = createPhoneTickets();
  const pages = new WeakMap<object, string>();
  let sweeping: NodeJS.Timeout | null = null;

  function quietly(work: Promise<unknown> | undefined, what: string): void {
    work?.catch((error: unknown) => log.warn({ err: error }, what));
  }

  /** The phone is no more: what it was in is hung up, what was made for it is removed. */
  async function drop(phone: Phone): Promise<void> {
    clearTimeout(phone.leaving ?? undefined);
    if (book.phones.get(phone.personId) === phone) book.phones.delete(phone.personId);
    phone.close?.(phoneGateCloses.notAllowed);
    book.touched(phone.personId);
    const accounts = deps.accountsOf(phone.pbx);
    await accounts?.hangUp(phone.endpoint);
    // He may have come back meanwhile.
    if (!phone.isMade || book.phones.has(phone.personId)) return;
    const outcome = await accounts?.remove(phone.endpoint);
    if (outcome && !outcome.ok)
      log.warn({ personId: phone.personId, why: outcome.why }, 'a phone was not removed');
  }

  function leave(phone: Phone): void {
    clearTimeout(phone.leaving ?? undefined);
    phone.leaving = setTimeout(
      () => quietly(drop(phone), 'a browser phone was not removed'),
      graceMs,
    ).unref();
  }

  const desk: PhoneDesk = {
    redeem(ticket, viewer) {
      const found = tickets.redeem(ticket, viewer.personId, clock.now());
      const phone = book.phones.get(viewer.personId);
      const person = people.byId(viewer.personId);
      if (!found || !phone || !person || !mayHavePhone(viewer)) return null;
      const mayCall = mayCallWith(dialStringOf(phone), person, deps.callContextOf(person.pbx));
      const pass = { personId: phone.personId, endpoint: phone.endpoint, pbx: phone.pbx, mayCall };
      pages.set(pass, found.page);
      return pass;
    },
    entered(pass, close) {
      const phone = book.phones.get(pass.personId);
      if (!phone) {
        close(phoneGateCloses.notAllowed);
        return () => {};
      }
      const page = pages.get(pass) ?? null;
      clearTimeout(phone.leaving ?? undefined);
      // What an earlier page was in, nobody hears any more.
      if (phone.page !== null && phone.page !== page)
        quietly(deps.accountsOf(phone.pbx)?.hangUp(phone.endpoint), 'an earlier page’s call was not hung up');
      const earlier = phone.close;
      Object.assign(phone, { page, close, isRegistered: false });
      earlier?.(phoneGateCloses.replaced);
      book.touched(phone.personId);
      return (why) => {
        if (phone.close !== close) return;
        Object.assign(phone, { close: null, isRegistered: false });
        book.touched(phone.personId);
        if (why === 'session-ended') quietly(drop(phone), 'a browser phone was not removed');
        else if (book.phones.get(phone.personId) === phone) leave(phone);
      };
    },
  };

  const stopWatching = people.onChange(() => {
    for (const phone of [...book.phones.values()]) {
      const person = people.byId(phone.personId);
      const viewer = person && makeViewer({ ...person, teamIds: [] });
      if (!viewer || !mayHavePhone(viewer)) quietly(drop(phone), 'a browser phone was not removed');
    }
  });

  /** What a PBX that restarted has forgotten is made again. */
  function makeAgain(pbx: string): void {
    for (const phone of book.phones.values())
      if (phone.isMade && phone.pbx === pbx)
        quietly(deps.accountsOf(pbx)?.put(phone), 'a browser phone was not made again');
  }

  async function sweep(pbx: string): Promise<void> {
    const accounts = deps.accountsOf(pbx);
    for (const { endpoint, online } of (await accounts?.list(browserPhonePrefix)) ?? []) {
      const isOurs = [...book.phones.values()].some((phone) => phone.endpoint === endpoint);
      const isElsewhere = [...entries.others()].some(([, device]) => device === dialStringOf({ endpoint }));
      if (isOurs || isElsewhere || online) continue;
      await accounts?.hangUp(endpoint);
      await accounts?.remove(endpoint);
    }
  }

  return {
    routes: phonesRoutes((viewer, page) => connectPhone({ ...deps, book, tickets }, viewer, page)),
    desk,
    board,
    onFact(fact) {
      if (fact.kind === 'resynced') {
        makeAgain(fact.pbx);
        sweeping ??= setTimeout(
          () => quietly(sweep(fact.pbx), 'old browser phones were not removed'),
          sweepAfterMs,
        ).unref();
      }
      if (fact.kind !== 'endpoint') return;
      for (const phone of book.phones.values()) {
        if (phone.pbx !== fact.pbx || dialStringOf(phone) !== fact.device) continue;
        phone.isRegistered = fact.online === true;
        book.touched(phone.personId);
      }
    },
    async stop() {
      stopWatching();
      clearTimeout(sweeping ?? undefined);
      await Promise.allSettled([...book.phones.values()].map(drop));
    },
  };
}
