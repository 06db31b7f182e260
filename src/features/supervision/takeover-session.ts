import { AppError } from '../../contract/errors.ts';
import type { Mode, SupervisionEnd } from '../../contract/supervisions.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';
import { parseOwnId } from './own-ids.ts';
import type { OwnOnPbx, Session, SessionMemory, SessionPlan, SessionState } from './session.ts';
import { later, SessionParts } from './session-parts.ts';
import { SupervisorPhone } from './supervisor-phone.ts';
import { TakeoverCustomer } from './takeover-customer.ts';
import { TakeoverHandOver } from './takeover-hand-over.ts';
import { TakeoverListener } from './takeover-listener.ts';
import { TakeoverProgress } from './takeover-progress.ts';
import { adoptionOf, restOf, type TakeoverRest } from './takeover-restart.ts';
import {
  endedState,
  endsTalk,
  type HandOverTarget,
  type TakeoverDeps,
  type TakeoverMemory,
  type TakeoverStart,
} from './takeover-state.ts';

/** Events and replies come by different ways. */
const newsGraceMs = 300;

/**
 * The supervisor takes the customer over. His phone is up before anything is done to the call; from then on the customer
 * is never without somebody, or somewhere to go: whatever fails, he is sent back to the agent.
 */
export class TakeoverSession implements Session {
  readonly plan: SessionPlan;
  readonly #deps: TakeoverDeps;
  readonly #parts: SessionParts;
  readonly #phone: SupervisorPhone;
  readonly #customer: TakeoverCustomer;
  readonly #listener: TakeoverListener;
  readonly #finished = Promise.withResolvers<void>();
  readonly #progress: TakeoverProgress;
  readonly #handOver: TakeoverHandOver;
  #isPhoneGone = false;

  constructor(deps: TakeoverDeps, plan: SessionPlan, start: TakeoverStart) {
    this.plan = plan;
    this.#deps = deps;
    this.#parts = new SessionParts(deps.commands, plan, deps.log);
    this.#phone = new SupervisorPhone(this.#parts, {
      ...deps,
      isOpen: () => this.#progress.isOpen,
      end: (because) => void this.end(because),
    });
    this.#customer = new TakeoverCustomer(deps, plan.id);
    this.#listener = new TakeoverListener(deps, plan, this.#parts);
    this.#progress = new TakeoverProgress(deps, plan, start, () => deps.onState(this));
    this.#handOver = new TakeoverHandOver(deps, this.#progress, this.#customer);
  }

  get state(): SessionState {
    return this.#progress.state;
  }

  get memory(): SessionMemory {
    return { ...this.#progress.memory };
  }

  get #memory(): TakeoverMemory {
    return this.#progress.memory;
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** The call that is taken over. */
  get callId(): string {
    return this.#memory.callId;
  }

  async establish(written: Promise<unknown>): Promise<void> {
    if (await this.#phone.bring(written)) await this.#take();
  }

  /** Goes on from listening: the supervisor's phone is up and in the bridge. Settles when the customer is his, or it failed. */
  async begin(): Promise<void> {
    this.#parts.adopt();
    await this.#take();
  }

  adopt(found: OwnOnPbx): void {
    this.#parts.adopt();
    const rest = restOf(this.plan.id, this.#memory, found);
    const adoption = adoptionOf(this.#memory, rest);
    const isKept = adoption.kind === 'goes-on' || adoption.kind === 'over';
    this.#progress.reopen();
    this.#customer.adopt(rest.isGuest && isKept);
    this.#isPhoneGone = !rest.hasPhone;
    this.#listener.adopt(found);
    switch (adoption.kind) {
      case 'goes-on':
        return void this.#goOn(rest);
      case 'over':
        return void this.#finish(adoption.because);
      case 'being-taken':
        return void this.#awaitCustomer(rest);
      case 'on-his-way':
        if (rest.isGuest) void this.#handOver.sendBack(this.#memory.customerUniqueId!);
        if (rest.hasPhone) this.onCallChange();
        else void this.#finish('handed-over');
        return;
      default:
        adoption satisfies never;
    }
  }

  #goOn({ isInBridge }: TakeoverRest): void {
    this.#deps.log.info({}, 'A call that was taken over goes on after a restart');
    if (this.#memory.phase === 'taking') void this.#settleAgent();
    this.#progress.note({ phase: 'held' });
    if (!isInBridge) void this.#join(this.#memory.customerUniqueId!);
    else this.#progress.update({ state: 'live' });
  }

  async #awaitCustomer({ isGuest, hasPhone }: TakeoverRest): Promise<void> {
    if (isGuest) void this.#handOver.sendBack(this.#memory.customerUniqueId!);
    if (!hasPhone) return void this.#finish('phone-hung-up');
    this.#progress.update({ state: 'live' });
    await this.#customer.arrive();
    if (this.#customer.isHere) return this.#settleAgent();
    this.#progress.note({ phase: 'ringing' });
    void this.#finish('server-stopped');
  }

  compare(found: OwnOnPbx): void {
    if (!this.#progress.isOpen || this.#memory.phase !== 'held') return;
    if (!found.legs.some(({ id }) => id === this.#parts.phoneId)) return void this.end('phone-hung-up');
    const isGuest = found.guests?.some(({ uniqueId }) => uniqueId === this.#memory.customerUniqueId);
    if (found.guests && !isGuest) void this.#finish('call-ended');
  }

  /** There is no way back, nor from one kind to the other. */
  async changeMode(mode: Mode): Promise<void> {
    if (mode !== this.state.mode)
      throw new AppError('mode-not-available', 'There is no way back from a takeover');
  }

  /**
   * Once a customer is his, only the supervisor himself ends it: whatever else happens, the two go on talking. Unless his
   * right is taken from him: then the customer goes back to the agent.
   */
  end(because: SupervisionEnd): Promise<void> {
    if (!this.#progress.isOpen) return this.finished;
    const isHeld = this.#memory.phase !== 'ringing';
    if (isHeld && !endsTalk.has(because) && because !== 'rights-removed') return Promise.resolve();
    // He hangs up while the one he handed the customer over to rings: that is the other's matter then.
    return this.#finish(this.#memory.phase === 'handing-over' ? 'handed-over' : because);
  }

  onLeg(fact: OwnLegFact): void {
    if (fact.kind === 'own-leg-ready') this.#onReady(fact);
    else if (fact.kind === 'own-leg-ended') this.#onEnded(fact);
  }

  onCallChange(): void {
    if (!this.#progress.isOpen) return;
    const { phase } = this.#memory;
    if (!this.#deps.isCallAlive()) {
      // Moving a leg may look like its end for a moment.
      void later(newsGraceMs).then(() => {
        if (this.#progress.isOpen && !this.#deps.isCallAlive()) void this.#finish('call-ended');
      });
    } else if (phase === 'handing-over' && !this.#customer.isHere && this.#handOver.isAnswered) {
      void this.#finish('handed-over');
    } else if (phase === 'ringing' && !this.#deps.agentLeg()) {
      void later(newsGraceMs).then(() => {
        if (this.#memory.phase === 'ringing' && !this.#deps.agentLeg()) void this.end('agent-left');
      });
    }
  }

  /** The one who talks with the customer listens to nobody: policies of listening do not bear on it. */
  onPolicyChange(): void {}
  onAuditLost(): void {}

  uses(ownId: string): boolean {
    if (this.state.state === 'ended') return false;
    return this.#parts.uses(ownId) || this.#listener.uses(ownId);
  }

  /** Whether this leg of a call is in our application because of it. */
  holds(uniqueId: string): boolean {
    const { customerUniqueId, agentUniqueId } = this.#memory;
    return this.state.state !== 'ended' && (uniqueId === customerUniqueId || uniqueId === agentUniqueId);
  }

  /**
   * Sends the customer on. He hears it ring, or the queue's music, and comes back to the supervisor when nobody answers.
   * Throws `supervision-ended`, `not-intercepted` while he is not the supervisor's, or what the PBX refused.
   */
  async handOver({ to }: HandOverTarget): Promise<void> {
    await this.#handOver.send(to);
    await this.#listener.dismiss();
    // In a queue he is anybody's customer; the supervisor is free at once.
    if ('queue' in to) await this.#finish('handed-over');
    else this.#progress.update({ state: 'waiting' });
  }

  async #take(): Promise<void> {
    const leg = this.#deps.agentLeg();
    if (!leg?.other) {
      const gone = this.#deps.isCallAlive() ? 'agent-left' : 'call-ended';
      return void this.#finish(leg ? 'pbx-failed' : gone);
    }
    const { uniqueId: customerUniqueId } = leg.other;
    // Written down before it is done: a restart in between must know whose customer arrives.
    await this.#progress.remember({
      phase: 'taking',
      customerUniqueId,
      agentUniqueId: leg.uniqueId,
      agentDevice: leg.device,
    });
    if (!this.#progress.isOpen) return;
    const stays = this.state.mode === 'intercept-agent-listening';
    const detail = await this.#customer.take(customerUniqueId, stays ? leg.uniqueId : null);
    if (!this.#progress.isOpen) return;
    if (!this.#customer.isHere) {
      this.#deps.log.warn({ detail }, 'A customer was not taken over');
      this.#progress.note({ phase: 'ringing' });
      return void this.#finish(this.#deps.isCallAlive() ? 'pbx-failed' : 'call-ended');
    }
    await this.#settleAgent();
  }

  /** The customer is the supervisor's: the agent listens from now on, or leaves. */
  async #settleAgent(): Promise<void> {
    const { agentDevice: device, agentUniqueId: uniqueId } = this.#memory;
    if (device === null || uniqueId === null) return;
    if (this.state.mode === 'intercept-agent-listening') await this.#listener.waitFor({ device, uniqueId });
    else void this.#listener.seeOff(uniqueId);
  }

  async #join(customerUniqueId: string): Promise<void> {
    const joined = await this.#customer.join(customerUniqueId, this.#memory.agentDevice);
    if (!joined.ok) return void this.#finish(joined.why === 'gone' ? 'call-ended' : 'pbx-failed');
    const nowMs = this.#deps.clock.now();
    this.#progress.note({ phase: 'held', customerUniqueId });
    this.#progress.update({ state: 'live', liveAtMs: this.state.liveAtMs ?? nowMs, onHold: false });
    this.#customer.settle();
    this.#deps.onTaken();
  }

  #onReady(fact: Extract<OwnLegFact, { kind: 'own-leg-ready' }>): void {
    const named = parseOwnId(fact.args[0] ?? '');
    if (named?.kind === 'customer') {
      this.#onCustomer(fact.uniqueId);
      return;
    }
    if (this.#listener.onReady(fact)) return;
    if (named?.kind === 'listener') {
      this.#listener.onArrived(fact.uniqueId, this.#progress.isOpen);
      return;
    }
    const isOurs = this.#parts.legs.onReady(fact);
    if (isOurs && this.#progress.isOpen) return;
    void this.#parts.turnAway(fact.uniqueId);
    // It names a leg of ours but is another channel: the phone sent the call elsewhere.
    if (!isOurs && named?.kind === 'phone') void this.end('phone-forwarded');
  }

  #onCustomer(uniqueId: string): void {
    if (this.#progress.isOpen && !this.#isPhoneGone) return void this.#join(uniqueId);
    // The supervisor is gone: the customer must not be.
    void this.#handOver.sendBack(uniqueId);
  }

  #onEnded(fact: Extract<OwnLegFact, { kind: 'own-leg-ended' }>): void {
    if (this.#listener.onEnded(fact)) return;
    if (this.#parts.legs.onEnded(fact) !== 'used' || fact.uniqueId !== this.#parts.phoneId) return;
    this.#isPhoneGone = true;
    if (!this.#progress.isOpen) return;
    // In the moment of being moved: he arrives, and is sent back to the agent.
    if (this.#memory.phase === 'taking' && !this.#customer.isHere) void this.#finish('phone-hung-up');
    else void this.end('phone-hung-up');
  }

  #finish(because: SupervisionEnd): Promise<void> {
    if (!this.#progress.isOpen) return this.finished;
    this.#phone.stopRinging();
    this.#progress.update({ state: 'ending', endedBecause: because });
    void this.#undo(because).then(() => {
      this.#progress.update(endedState(this.state, because, this.#deps.clock.now()));
      this.#customer.settle();
      this.#finished.resolve();
    });
    return this.finished;
  }

  async #undo(because: SupervisionEnd): Promise<void> {
    const { customerUniqueId, phase } = this.#memory;
    const hangsUp = customerUniqueId !== null && endsTalk.has(because);
    // The agent who listens frees his phone before it rings again.
    await Promise.all([hangsUp ? this.#customer.hangUp(customerUniqueId) : null, this.#listener.dismiss()]);
    if (because === 'rights-removed' && phase === 'held' && customerUniqueId !== null)
      await this.#handOver.sendBack(customerUniqueId);
    await this.#parts.undo();
  }
}
