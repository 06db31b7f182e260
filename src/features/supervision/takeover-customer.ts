import type { CommandOutcome } from '../../ports/telephony.ts';
import { bridgeIdOf, phoneLegIdOf } from './own-ids.ts';
import { later } from './session-parts.ts';
import type { HandOverTarget, TakeoverDeps } from './takeover-state.ts';

/** Seconds that a person rings whom a customer is handed over to. */
export const handOverRingSeconds = 25;
const arrivalTimeoutMs = 3_000;
const normalClearing = 16;

/** The customer of a call that is taken over: whether he is in our hands, and the ways he is moved. */
export class TakeoverCustomer {
  readonly #deps: Pick<TakeoverDeps, 'commands' | 'log'>;
  readonly #supervisionId: string;
  readonly #arrival = Promise.withResolvers<void>();
  #isHere = false;

  constructor(deps: Pick<TakeoverDeps, 'commands' | 'log'>, supervisionId: string) {
    this.#deps = deps;
    this.#supervisionId = supervisionId;
  }

  /** He is in the supervisor's bridge, or on the way into it. */
  get isHere(): boolean {
    return this.#isHere;
  }

  adopt(isHere: boolean): void {
    this.#isHere = isHere;
  }

  /** Out of his call, into our hands. Settles when he is there, or is not coming; says then why not. */
  async take(customerUniqueId: string, listenerUniqueId: string | null): Promise<string> {
    const { commands } = this.#deps;
    const taken = await commands.take({ id: this.#supervisionId, customerUniqueId, listenerUniqueId });
    if (!taken.ok) return taken.detail;
    await this.arrive();
    return 'did not arrive';
  }

  /** Settles when he has come, or nobody waits for him any longer. */
  async arrive(): Promise<void> {
    await Promise.race([this.#arrival.promise, later(arrivalTimeoutMs)]);
  }

  /** Joins him to the supervisor. One who cannot be is sent back. */
  async join(uniqueId: string, agentDevice: string | null): Promise<CommandOutcome> {
    const { commands, log } = this.#deps;
    this.#isHere = true;
    const joined = await commands.addToBridge(bridgeIdOf(this.#supervisionId), uniqueId);
    if (joined.ok) {
      void commands.stopHold(uniqueId);
      // The sound now comes from another channel than before, and a browser's phone may drop it all: Asterisk can go on with
      // lower sequence numbers, which SRTP takes for a replay. Entering anew begins a new stream.
      void commands.addToBridge(bridgeIdOf(this.#supervisionId), phoneLegIdOf(this.#supervisionId, 1));
      return joined;
    }
    log.warn({ detail: joined.detail }, 'A customer could not be joined to the supervisor');
    if (joined.why !== 'gone') await this.sendBack(uniqueId, agentDevice);
    return joined;
  }

  /** Whoever waits for his coming goes on. */
  settle(): void {
    this.#arrival.resolve();
  }

  /** He hears it ring, or the queue's music, and comes back to us when nobody answers. */
  async sendOn(legId: string, { to }: HandOverTarget): Promise<CommandOutcome> {
    this.#isHere = false;
    const sent = await this.#deps.commands.sendOn({
      id: this.#supervisionId,
      legId,
      to,
      ringSeconds: handOverRingSeconds,
      otherwise: 'back',
    });
    if (!sent.ok) this.#isHere = true;
    return sent;
  }

  /** To the agent he was taken from, by his phone; without one into nothing: there is nobody else. */
  async sendBack(legId: string, agentDevice: string | null): Promise<void> {
    const sent = agentDevice === null ? null : await this.sendOn(legId, { to: { device: agentDevice } });
    if (sent?.ok) return;
    await this.#deps.commands.hangUp(legId, normalClearing);
    this.#isHere = false;
  }

  async hangUp(legId: string): Promise<void> {
    if (this.#isHere) await this.#deps.commands.hangUp(legId, normalClearing);
  }
}
