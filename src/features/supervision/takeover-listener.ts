import type { DeviceLeg } from '../../ports/domain.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';
import { bridgeIdOf, listenerLegIdOf } from './own-ids.ts';
import type { OwnOnPbx, SessionPlan } from './session.ts';
import { later, type SessionParts } from './session-parts.ts';
import type { TakeoverDeps } from './takeover-state.ts';

/** Longer than the PBX needs to move a leg after the other; later than that it is gone. */
const arrivalMs = 500;
const rungAgainMax = 2;
/** The agent's leg goes by itself when the customer has left; one whose dialplan goes on is hung up. */
const agentGoneMs = 1_500;
const normalClearing = 16;

/** The agent of a call that was taken over: he leaves, or stays, hears everyone, and nobody hears him. */
export class TakeoverListener {
  readonly #deps: TakeoverDeps;
  readonly #plan: SessionPlan;
  readonly #parts: SessionParts;
  readonly #arrival = Promise.withResolvers<void>();
  /** His leg in our application: the one he had, or one that we rang. */
  #uniqueId: string | null = null;
  #rung = 0;
  #isDismissed = false;

  constructor(deps: TakeoverDeps, plan: SessionPlan, parts: SessionParts) {
    this.#deps = deps;
    this.#plan = plan;
    this.#parts = parts;
  }

  /** Waits for his leg; when it was lost on the way, his phone is rung again, into the same bridge. */
  async waitFor({ device, uniqueId }: Pick<DeviceLeg, 'device' | 'uniqueId'>): Promise<void> {
    await Promise.race([this.#arrival.promise, later(arrivalMs)]);
    if (this.#uniqueId !== null || this.#isDismissed) return;
    const { log } = this.#deps;
    log.info({}, 'The agent’s leg was lost on the way: his phone is rung again');
    // Left behind in its dialplan, it would keep his phone busy.
    await this.#deps.commands.hangUp(uniqueId, normalClearing);
    while (this.#uniqueId === null && this.#rung < rungAgainMax && !this.#isDismissed)
      await this.#ring(device);
  }

  /** He is not to stay. */
  async seeOff(uniqueId: string): Promise<void> {
    await later(agentGoneMs);
    if (this.#deps.agentLeg()?.uniqueId === uniqueId)
      await this.#deps.commands.hangUp(uniqueId, normalClearing);
  }

  adopt({ guests, legs, bridges }: OwnOnPbx): void {
    const name = listenerLegIdOf(this.#plan.id, 1);
    const own = legs.find(({ id }) => id.startsWith(name.slice(0, -1)))?.id;
    const guest = guests?.find((one) => one.name === name)?.uniqueId;
    this.#uniqueId = guest ?? own ?? null;
    if (own) this.#parts.legs.adopt(own);
    const bridge = bridges.find(({ id }) => id === bridgeIdOf(this.#plan.id));
    // He had arrived, and the earlier run ended before it let him listen.
    if (guest !== undefined && bridge && !bridge.legIds.includes(guest)) void this.#add(guest);
  }

  /** His own leg, as it was in the call. */
  onArrived(uniqueId: string, isWanted: boolean): void {
    if (isWanted && !this.#isDismissed) void this.#add(uniqueId);
    else void this.#deps.commands.hangUp(uniqueId, normalClearing);
  }

  /** True for a leg that we rang for him. */
  onReady({ uniqueId }: Extract<OwnLegFact, { kind: 'own-leg-ready' }>): boolean {
    if (!this.#isMine(uniqueId)) return false;
    if (this.#isDismissed) void this.#deps.commands.hangUp(uniqueId, normalClearing);
    else void this.#add(uniqueId);
    return true;
  }

  onEnded({ uniqueId }: Extract<OwnLegFact, { kind: 'own-leg-ended' }>): boolean {
    if (!this.#isMine(uniqueId)) return false;
    if (this.#uniqueId === uniqueId) this.#uniqueId = null;
    this.#ended.get(uniqueId)?.();
    return true;
  }

  uses(ownId: string): boolean {
    return this.#isMine(ownId) && !this.#isDismissed;
  }

  /** He is not to hear any more. */
  async dismiss(): Promise<void> {
    this.#isDismissed = true;
    this.#arrival.resolve();
    const rung = this.#rung > 0 ? [listenerLegIdOf(this.#plan.id, this.#rung)] : [];
    const legs = new Set([...(this.#uniqueId === null ? [] : [this.#uniqueId]), ...rung]);
    this.#uniqueId = null;
    await Promise.all([...legs].map((id) => this.#deps.commands.hangUp(id, normalClearing)));
  }

  readonly #ended = new Map<string, () => void>();

  async #ring(device: string): Promise<void> {
    this.#rung += 1;
    const legId = listenerLegIdOf(this.#plan.id, this.#rung);
    const over = new Promise<void>((resolve) => this.#ended.set(legId, resolve));
    const { supervisor } = this.#plan;
    const { ringTimeoutMs, commands } = this.#deps;
    const rung = await commands.ringDevice({
      legId,
      device,
      callerName: supervisor.name,
      callerNumber: '',
      ringTimeoutMs,
    });
    if (rung.ok) await Promise.race([this.#arrival.promise, over, later(ringTimeoutMs)]);
    this.#ended.delete(legId);
  }

  async #add(uniqueId: string): Promise<void> {
    this.#uniqueId = uniqueId;
    this.#arrival.resolve();
    const added = await this.#deps.commands.addListener(bridgeIdOf(this.#plan.id), uniqueId);
    if (added.ok) return;
    this.#deps.log.warn({ detail: added.detail }, 'The agent could not be let listen');
    await this.#deps.commands.hangUp(uniqueId, normalClearing);
  }

  #isMine(id: string): boolean {
    return id.startsWith(listenerLegIdOf(this.#plan.id, 1).slice(0, -1));
  }
}
