import { AppError } from '../../contract/errors.ts';
import type { Mode, SupervisionEnd, TakeoverMode } from '../../contract/supervisions.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';
import { bridgeIdOf, parseOwnId } from './own-ids.ts';
import type { OwnOnPbx, SavedSession, Session, SessionMemory, SessionPlan, SessionState } from './session.ts';
import { isOpen } from './session.ts';
import { later, SessionParts, type Step } from './session-parts.ts';
import { TakeoverListener } from './takeover-listener.ts';
import {
  endedState,
  type HandOverTarget,
  memoryOf,
  startingState,
  switchedState,
  type TakeoverDeps,
  type TakeoverMemory,
} from './takeover-state.ts';

/** Seconds that a person rings whom a customer is handed over to. */
export const handOverRingSeconds = 25;
const arrivalTimeoutMs = 3_000;
/** The agent's leg goes by itself when the customer has left; one whose dialplan goes on is hung up. */
const agentGoneMs = 1_500;
/** Events and replies come by different ways. */
const newsGraceMs = 300;
const normalClearing = 16;

/** Where a takeover begins: with the supervisor's phone, with the one he listens with, or where an earlier run left it. */
export type TakeoverStart =
  | { kind: 'fresh'; mode: TakeoverMode }
  | { kind: 'from-listening'; mode: TakeoverMode; state: SessionState }
  | { kind: 'saved'; saved: SavedSession };

/**
 * The supervisor takes the customer over. His phone is up before anything is done to the call; from then on the customer
 * is never without somebody, or somewhere to go: whatever fails, he is sent back to the agent.
 */
export class TakeoverSession implements Session {
  readonly plan: SessionPlan;
  readonly #deps: TakeoverDeps;
  readonly #parts: SessionParts;
  readonly #listener: TakeoverListener;
  readonly #finished = Promise.withResolvers<void>();
  #arrival = Promise.withResolvers<void>();
  #state: SessionState;
  #memory: TakeoverMemory;
  #isCustomerHere = false;
  #isPhoneGone = false;
  #ringTimer: NodeJS.Timeout | undefined;

  constructor(deps: TakeoverDeps, plan: SessionPlan, start: TakeoverStart) {
    this.plan = plan;
    this.#deps = deps;
    this.#parts = new SessionParts(deps.commands, plan, deps.log);
    this.#memory = memoryOf(start.kind === 'saved' ? start.saved.memory : {}, plan);
    const { callId } = this.#memory;
    const nowMs = deps.clock.now();
    if (start.kind === 'fresh') this.#state = startingState(start.mode, callId, plan.startedAtMs);
    else if (start.kind === 'saved') this.#state = start.saved.state;
    else this.#state = switchedState(start.state, start.mode, callId, nowMs);
    this.#listener = new TakeoverListener(deps, plan, this.#parts);
  }

  get state(): SessionState {
    return this.#state;
  }

  get memory(): SessionMemory {
    return { ...this.#memory };
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** The call that is taken over. */
  get callId(): string {
    return this.#memory.callId;
  }

  async establish(written: Promise<unknown>): Promise<void> {
    const { ringTimeoutMs } = this.#deps;
    this.#ringTimer = setTimeout(() => void this.end('phone-timeout'), ringTimeoutMs).unref();
    const steps = await Promise.all([
      this.#parts.makeBridge().then(this.#check),
      this.#parts.makePhone(ringTimeoutMs).then(this.#check).finally(this.#stopRinging),
      written.then(
        () => true,
        () => false,
      ),
    ]);
    if (!steps.every((step) => step) || !isOpen(this.#state)) return;
    if (this.#check(await this.#parts.joinPhone())) await this.#take();
  }

  /** Goes on from listening: the supervisor's phone is up and in the bridge. Settles when the customer is his, or it failed. */
  async begin(): Promise<void> {
    this.#parts.adopt();
    await this.#take();
  }

  adopt(found: OwnOnPbx): void {
    this.#parts.adopt();
    const { phase, customerUniqueId } = this.#memory;
    const bridge = found.bridges.find(({ id }) => id === bridgeIdOf(this.plan.id));
    const isGuest = found.guests?.some(({ uniqueId }) => uniqueId === customerUniqueId) ?? false;
    const isInBridge = customerUniqueId !== null && (bridge?.legIds.includes(customerUniqueId) ?? false);
    const hasPhone = found.legs.some(({ id }) => id === this.#parts.phoneId);
    if (!isOpen(this.#state)) this.#state = { ...this.#state, state: 'live' };
    this.#isCustomerHere = isGuest;
    this.#isPhoneGone = !hasPhone;
    this.#listener.adopt(found);
    if (isGuest && hasPhone) {
      this.#deps.log.info({}, 'A call that was taken over goes on after a restart');
      this.#memory = { ...this.#memory, phase: 'held' };
      if (!isInBridge) void this.#join(customerUniqueId!);
      else this.#update({ state: 'live' });
    } else if (phase === 'handing-over') {
      this.#adoptOnHisWay(isGuest, hasPhone);
    } else {
      void this.#finish(isGuest ? 'phone-hung-up' : phase === 'held' ? 'call-ended' : 'server-stopped');
    }
  }

  /** Supervisors who have hung up meanwhile have handed him over: if nobody answered, he must reach somebody yet. */
  #adoptOnHisWay(isBack: boolean, hasPhone: boolean): void {
    if (isBack) void this.#sendBack(this.#memory.customerUniqueId!);
    this.#isCustomerHere = false;
    if (hasPhone) this.onCallChange();
    else void this.#finish('handed-over');
  }

  compare(found: OwnOnPbx): void {
    if (!isOpen(this.#state) || this.#memory.phase !== 'held') return;
    if (!found.legs.some(({ id }) => id === this.#parts.phoneId)) return void this.end('phone-hung-up');
    const isGuest = found.guests?.some(({ uniqueId }) => uniqueId === this.#memory.customerUniqueId);
    if (found.guests && !isGuest) void this.#finish('call-ended');
  }

  /** There is no way back, nor from one kind to the other. */
  async changeMode(mode: Mode): Promise<void> {
    if (mode !== this.#state.mode)
      throw new AppError('mode-not-available', 'There is no way back from a takeover');
  }

  /** Once a customer is his, only the supervisor himself ends it: whatever else happens, the two go on talking. */
  end(because: SupervisionEnd): Promise<void> {
    if (!isOpen(this.#state)) return this.finished;
    const isHeld = this.#memory.phase !== 'ringing';
    if (isHeld && !endsTalk.has(because)) return Promise.resolve();
    // He hangs up while the one he handed the customer over to rings: that is the other's matter then.
    const handsOver = this.#memory.phase === 'handing-over';
    return this.#finish(handsOver ? 'handed-over' : because);
  }

  onLeg(fact: OwnLegFact): void {
    if (fact.kind === 'own-leg-ready') this.#onReady(fact);
    else if (fact.kind === 'own-leg-ended') this.#onEnded(fact);
  }

  onCallChange(): void {
    if (!isOpen(this.#state)) return;
    const { phase } = this.#memory;
    if (!this.#deps.isCallAlive()) {
      // Moving a leg may look like its end for a moment.
      void later(newsGraceMs).then(() => {
        if (isOpen(this.#state) && !this.#deps.isCallAlive()) void this.#finish('call-ended');
      });
    } else if (phase === 'handing-over' && !this.#isCustomerHere && this.#isAnswered()) {
      void this.#finish('handed-over');
    } else if (phase === 'ringing' && !this.#deps.agentLeg()) {
      void later(newsGraceMs).then(() => {
        if (this.#memory.phase === 'ringing' && !this.#deps.agentLeg()) void this.end('agent-left');
      });
    }
  }

  /** The one who talks with the customer listens to nobody: policies of listening do not bear on it. */
  onPolicyChange(): void {}

  uses(ownId: string): boolean {
    if (this.#state.state === 'ended') return false;
    return this.#parts.uses(ownId) || this.#listener.uses(ownId);
  }

  /** Whether this leg of a call is in our application because of it. */
  holds(uniqueId: string): boolean {
    const { customerUniqueId, agentUniqueId } = this.#memory;
    return this.#state.state !== 'ended' && (uniqueId === customerUniqueId || uniqueId === agentUniqueId);
  }

  /**
   * Sends the customer on. He hears it ring, or the queue's music, and comes back to the supervisor when nobody answers.
   * Throws `supervision-ended`, `not-intercepted` while he is not the supervisor's, or what the PBX refused.
   */
  async handOver({ to }: HandOverTarget): Promise<void> {
    const { customerUniqueId, phase } = this.#memory;
    if (!isOpen(this.#state)) throw new AppError('supervision-ended');
    if (phase !== 'held' || customerUniqueId === null) throw new AppError('not-intercepted');
    await this.#remember({ phase: 'handing-over', targetDevice: 'device' in to ? to.device : null });
    this.#isCustomerHere = false;
    const sent = await this.#deps.commands.sendOn({
      id: this.plan.id,
      legId: customerUniqueId,
      to,
      ringSeconds: handOverRingSeconds,
      otherwise: 'back',
    });
    if (!sent.ok) {
      this.#isCustomerHere = true;
      await this.#remember({ phase: 'held' });
      if (sent.why === 'gone') throw new AppError('call-already-ended');
      throw new AppError(sent.why === 'refused' ? 'pbx-refused' : 'pbx-unreachable', sent.detail);
    }
    await this.#listener.dismiss();
    // In a queue he is anybody's customer; the supervisor is free at once.
    if ('queue' in to) await this.#finish('handed-over');
    else this.#update({ state: 'waiting' });
  }

  #isAnswered(): boolean {
    const { targetDevice, customerUniqueId } = this.#memory;
    if (targetDevice === null || customerUniqueId === null) return false;
    return this.#deps.isAnsweredBy(targetDevice, customerUniqueId);
  }

  async #take(): Promise<void> {
    const { commands } = this.#deps;
    const leg = this.#deps.agentLeg();
    if (!leg?.other) {
      const gone = this.#deps.isCallAlive() ? 'agent-left' : 'call-ended';
      return void this.#finish(leg ? 'pbx-failed' : gone);
    }
    const { uniqueId: customerUniqueId } = leg.other;
    // Written down before it is done: a restart in between must know whose customer arrives.
    await this.#remember({
      phase: 'taking',
      customerUniqueId,
      agentUniqueId: leg.uniqueId,
      agentDevice: leg.device,
    });
    if (!isOpen(this.#state)) return;
    const stays = this.#state.mode === 'intercept-agent-listening';
    const taken = await commands.take({
      id: this.plan.id,
      customerUniqueId,
      listenerUniqueId: stays ? leg.uniqueId : null,
    });
    if (taken.ok) await Promise.race([this.#arrival.promise, later(arrivalTimeoutMs)]);
    if (!isOpen(this.#state)) return;
    if (!this.#isCustomerHere) {
      this.#deps.log.warn(
        { detail: taken.ok ? 'did not arrive' : taken.detail },
        'A customer was not taken over',
      );
      this.#memory = { ...this.#memory, phase: 'ringing' };
      return void this.#finish(this.#deps.isCallAlive() ? 'pbx-failed' : 'call-ended');
    }
    if (stays) await this.#listener.waitFor(leg);
    else void this.#seeOff(leg.uniqueId);
  }

  async #join(customerUniqueId: string): Promise<void> {
    const { commands, log } = this.#deps;
    this.#isCustomerHere = true;
    const joined = await commands.addToBridge(bridgeIdOf(this.plan.id), customerUniqueId);
    if (!joined.ok) {
      log.warn({ detail: joined.detail }, 'A customer could not be joined to the supervisor');
      if (joined.why !== 'gone') await this.#sendBack(customerUniqueId);
      return void this.#finish(joined.why === 'gone' ? 'call-ended' : 'pbx-failed');
    }
    void commands.stopHold(customerUniqueId);
    const nowMs = this.#deps.clock.now();
    this.#memory = { ...this.#memory, phase: 'held', customerUniqueId };
    this.#update({ state: 'live', liveAtMs: this.#state.liveAtMs ?? nowMs, onHold: false });
    this.#arrival.resolve();
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
      this.#listener.onArrived(fact.uniqueId, isOpen(this.#state));
      return;
    }
    const isOurs = this.#parts.legs.onReady(fact);
    if (isOurs && isOpen(this.#state)) return;
    void this.#parts.turnAway(fact.uniqueId);
    // It names a leg of ours but is another channel: the phone sent the call elsewhere.
    if (!isOurs && named?.kind === 'phone') void this.end('phone-forwarded');
  }

  #onCustomer(uniqueId: string): void {
    if (isOpen(this.#state) && !this.#isPhoneGone) return void this.#join(uniqueId);
    // The supervisor is gone: the customer must not be.
    void this.#sendBack(uniqueId);
  }

  #onEnded(fact: Extract<OwnLegFact, { kind: 'own-leg-ended' }>): void {
    if (this.#listener.onEnded(fact)) return;
    if (this.#parts.legs.onEnded(fact) !== 'used' || fact.uniqueId !== this.#parts.phoneId) return;
    this.#isPhoneGone = true;
    if (!isOpen(this.#state)) return;
    // In the moment of being moved: he arrives, and is sent back to the agent.
    if (this.#memory.phase === 'taking' && !this.#isCustomerHere) void this.#finish('phone-hung-up');
    else void this.end('phone-hung-up');
  }

  /** To the agent he was taken from, by his phone; if he does not answer, into nothing: there is nobody else. */
  async #sendBack(legId: string): Promise<void> {
    const device = this.#memory.agentDevice;
    const sent = device
      ? await this.#deps.commands.sendOn({
          id: this.plan.id,
          legId,
          to: { device },
          ringSeconds: handOverRingSeconds,
          otherwise: 'back',
        })
      : null;
    if (!sent?.ok) await this.#deps.commands.hangUp(legId, normalClearing);
  }

  async #seeOff(agentUniqueId: string): Promise<void> {
    await later(agentGoneMs);
    const leg = this.#deps.agentLeg();
    if (leg?.uniqueId === agentUniqueId) await this.#deps.commands.hangUp(agentUniqueId, normalClearing);
  }

  #finish(because: SupervisionEnd): Promise<void> {
    if (!isOpen(this.#state)) return this.finished;
    this.#stopRinging();
    this.#update({ state: 'ending', endedBecause: because });
    void this.#undo(because).then(() => {
      this.#update(endedState(this.#state, because, this.#deps.clock.now()));
      this.#arrival.resolve();
      this.#finished.resolve();
    });
    return this.finished;
  }

  async #undo(because: SupervisionEnd): Promise<void> {
    const { customerUniqueId } = this.#memory;
    const hangsUp = this.#isCustomerHere && customerUniqueId !== null && endsTalk.has(because);
    await Promise.all([
      hangsUp ? this.#deps.commands.hangUp(customerUniqueId, normalClearing) : null,
      this.#listener.dismiss(),
    ]);
    await this.#parts.undo();
  }

  async #remember(change: Partial<TakeoverMemory>): Promise<void> {
    this.#memory = { ...this.#memory, ...change };
    this.#deps.onState(this);
    await this.#deps.saved();
  }

  #update(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change };
    this.#deps.onState(this);
  }

  readonly #check = (step: Step): boolean => {
    if (step.ok) return isOpen(this.#state);
    if (isOpen(this.#state)) {
      const { step: at, because, detail } = step;
      this.#deps.log.info({ step: at, because, detail }, 'A takeover cannot go on');
    }
    void this.end(step.because);
    return false;
  };

  readonly #stopRinging = (): void => clearTimeout(this.#ringTimer);
}

/** Reasons to end that are the supervisor's own, or the end of the talk itself. */
const endsTalk: ReadonlySet<SupervisionEnd> = new Set([
  'stopped',
  'phone-hung-up',
  'call-ended',
  'pbx-restarted',
]);
