import type { AudioMode, SupervisionEnd } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';
import { parseOwnId, snoopLegIdOf } from './own-ids.ts';
import { later, SessionParts, type SessionPlan, type Step } from './session-parts.ts';
import { initialState, isOpen, nextState, type SessionEvent, type SessionState } from './session-state.ts';

export interface SessionDeps {
  commands: TelephonyCommands;
  clock: Clock;
  log: Log;
  ringTimeoutMs: number;
  /** The agent's leg as it is now; undefined when it is in no call. */
  targetLeg(plan: SessionPlan): DeviceLeg | undefined;
  isCallAlive(callId: string): boolean;
  /** Called after every change of state. */
  onState(session: SupervisionSession): void;
  /** Audit entry and state are durable before the new mode is heard. Throws `audit-unavailable`. */
  auditMode(session: SupervisionSession, mode: AudioMode): Promise<void>;
}

/** How long to wait for the news that tells why a leg went: events and replies come by different ways. */
const newsGraceMs = 300;

/** One act of listening, from the click to the last leg's end. */
export class SupervisionSession {
  readonly plan: SessionPlan;
  readonly #deps: SessionDeps;
  readonly #parts: SessionParts;
  readonly #finished = Promise.withResolvers<void>();
  readonly #firstSnoop = Promise.withResolvers<boolean>();
  #state: SessionState;
  /** One step at a time touches the bridge. */
  #turn: Promise<unknown> = Promise.resolve();
  #legWasSeen = false;
  #ringTimer: NodeJS.Timeout | undefined;

  constructor(deps: SessionDeps, plan: SessionPlan, from: AudioMode | SessionState) {
    this.plan = plan;
    this.#deps = deps;
    this.#parts = new SessionParts(deps.commands, plan, deps.log);
    const onHold = deps.targetLeg(plan)?.state === 'on-hold';
    this.#state = typeof from === 'string' ? initialState(from, plan.startedAtMs, onHold) : from;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Settles when nothing of it is left on the PBX. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Everything at once; nothing is heard before `written` (the audit entry and the session's row) settles. */
  async establish(written: Promise<unknown>): Promise<void> {
    const { ringTimeoutMs } = this.#deps;
    this.#ringTimer = setTimeout(() => void this.end('phone-timeout'), ringTimeoutMs).unref();
    const steps = await Promise.all([
      // A bridge mixes every 20 ms from its making on: the sooner it is made, the sooner its first sound.
      this.#parts.makeBridge().then(this.#check),
      this.#parts.makePhone(ringTimeoutMs).then(this.#check).finally(this.#stopRinging),
      this.#parts.makeSnoop(1, this.#state.mode).then(this.#check).then(this.#tellFirstSnoop),
      written.then(
        () => true,
        () => false,
      ),
    ]);
    if (steps.every((step) => step)) await this.#inTurn(() => this.#join());
  }

  /** Carries on with legs found on the PBX after a restart. */
  adopt(): void {
    this.#parts.adopt(this.#state.snoop);
    this.#firstSnoop.resolve(true);
  }

  /** Settles when the mode holds, or a later wish replaced it, or the supervision has ended. */
  async changeMode(mode: AudioMode): Promise<void> {
    this.#apply({ kind: 'mode-wanted', mode });
    const ended = this.finished.then(() => false);
    if (!(await Promise.race([this.#firstSnoop.promise, ended]))) return;
    await this.#inTurn(async () => {
      // Wishes that were overtaken while waiting need no snoop of their own.
      const { wantedMode, mode: held } = this.#state;
      if (isOpen(this.#state) && wantedMode !== held) await this.#switchTo(wantedMode);
    });
  }

  /** Settles when nothing of it is left on the PBX. The first reason counts. */
  end(because: SupervisionEnd): Promise<void> {
    if (isOpen(this.#state)) {
      this.#apply({ kind: 'end', because });
      this.#stopRinging();
      void this.#parts.undo().then(() => this.#finish());
    }
    return this.finished;
  }

  onLeg(fact: OwnLegFact): void {
    if (fact.kind === 'own-leg-ready') {
      const isOurs = this.#parts.legs.onReady(fact);
      if (isOurs && isOpen(this.#state)) return;
      void this.#parts.turnAway(fact.uniqueId);
      // It names a leg of ours but is another channel: the phone sent the call elsewhere.
      if (!isOurs && parseOwnId(fact.args[0] ?? '')?.kind === 'phone') void this.end('phone-forwarded');
    } else if (fact.kind === 'own-leg-ended' && this.#parts.legs.onEnded(fact) === 'used') {
      if (fact.uniqueId === this.#parts.phoneId) void this.end('phone-hung-up');
      else if (!this.#parts.isLeaving(fact.uniqueId)) void this.end('call-ended');
    }
  }

  /** The agent's call changed: on hold, no longer his, or over. */
  onCallChange(): void {
    const leg = this.#deps.targetLeg(this.plan);
    if (leg) {
      this.#legWasSeen = true;
      this.#apply({ kind: 'held', onHold: leg.state === 'on-hold' });
      if (leg.callId !== this.plan.callId) void this.end('call-ended');
    } else if (this.#legWasSeen && isOpen(this.#state)) {
      void later(newsGraceMs).then(() => {
        if (!this.#deps.targetLeg(this.plan)) void this.end('agent-left');
      });
    }
  }

  /** Whether this leg or bridge on the PBX is one it still uses. */
  uses(ownId: string): boolean {
    return this.#state.state !== 'ended' && this.#parts.uses(ownId);
  }

  async #join(): Promise<void> {
    if (!isOpen(this.#state)) return;
    const step = await this.#parts.join(this.#state.snoop);
    if (step.ok) this.#apply({ kind: 'joined', atMs: this.#deps.clock.now() });
    else await this.#failOnBridge(step);
  }

  async #switchTo(mode: AudioMode): Promise<void> {
    this.#apply({ kind: 'snoop-made', mode, atMs: this.#deps.clock.now() });
    const n = this.#state.modeChanges.length;
    try {
      await this.#deps.auditMode(this, mode);
    } catch (error) {
      this.#apply({ kind: 'switch-failed' });
      throw error;
    }
    if (!isOpen(this.#state)) return;
    const made = await this.#parts.makeSnoop(n, mode);
    if (!this.#check(made)) return;
    const swapped = await this.#parts.swap(this.#state.snoop, n, this.#state.state === 'live');
    if (!swapped.ok) return this.#failOnBridge(swapped);
    this.#apply({ kind: 'switched', snoop: n });
  }

  /** The bridge refused a leg: the news of that leg's end says why, if it is given a moment. */
  async #failOnBridge(step: Step): Promise<void> {
    const { legs, phoneId } = this.#parts;
    const snoopId = snoopLegIdOf(this.plan.id, this.#state.modeChanges.length);
    if (isOpen(this.#state) && !legs.hasEnded(phoneId) && !legs.hasEnded(snoopId)) {
      await Promise.race([this.finished, later(newsGraceMs)]);
    }
    if (isOpen(this.#state) && legs.hasEnded(snoopId)) void this.end('call-ended');
    else this.#check(step);
  }

  async #finish(): Promise<void> {
    let because = this.#state.endedBecause ?? 'lost';
    if (because === 'call-ended' || because === 'agent-left') because = await this.#whyAgentWent();
    this.#apply({ kind: 'ended', because, atMs: this.#deps.clock.now() });
    this.#finished.resolve();
  }

  /** The agent's leg went: with his call, or out of a call that goes on. The call's own end comes a moment later. */
  async #whyAgentWent(): Promise<SupervisionEnd> {
    const isAlive = () => this.#deps.isCallAlive(this.plan.callId);
    const limitMs = this.#deps.clock.now() + newsGraceMs;
    while (isAlive() && this.#deps.clock.now() < limitMs) await later(20);
    return isAlive() ? 'agent-left' : 'call-ended';
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => {});
    return result;
  }

  #apply(event: SessionEvent): void {
    const before = this.#state;
    this.#state = nextState(before, event);
    if (this.#state !== before) this.#deps.onState(this);
  }

  readonly #check = (step: Step): boolean => {
    if (step.ok) return isOpen(this.#state);
    if (isOpen(this.#state)) {
      const { step: at, because, detail } = step;
      this.#deps.log.info({ step: at, because, detail }, 'A supervision cannot go on');
    }
    void this.end(step.because);
    return false;
  };

  readonly #tellFirstSnoop = (made: boolean): boolean => {
    this.#firstSnoop.resolve(made);
    return made;
  };

  readonly #stopRinging = (): void => clearTimeout(this.#ringTimer);
}
