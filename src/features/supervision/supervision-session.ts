import { AppError } from '../../contract/errors.ts';
import { type AudioMode, isAudioMode, type Mode, type SupervisionEnd } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';
import { bridgeIdOf, parseOwnId, phoneLegIdOf, snoopLegIdOf } from './own-ids.ts';
import { isOpen, type OwnOnPbx, type Session, type SessionMemory, type SessionPlan } from './session.ts';
import { later, SessionParts, type Step } from './session-parts.ts';
import { type AudioState, initialState, nextState, type SessionEvent } from './session-state.ts';

/** To one call, by one leg of the agent's. */
export interface CallPlan extends SessionPlan {
  callId: string;
  targetUniqueId: string;
}

export interface SessionDeps {
  commands: TelephonyCommands;
  clock: Clock;
  log: Log;
  ringTimeoutMs: number;
  /** Another supervisor has taken the call over. */
  isTakenOver(callId: string): boolean;
  /** The agent's leg as it is now; undefined when it is in no call. */
  targetLeg(targetUniqueId: string): DeviceLeg | undefined;
  isCallAlive(callId: string): boolean;
  /** Called after every change of state. */
  onState(session: Session): void;
  /** Why the policy lets nobody hear this call now; null when one may. */
  endByPolicy(): SupervisionEnd | null;
  /** The policy wants a tone in the agent's ear. */
  beeps(): boolean;
  /** Audit entry and state are durable before the new mode is heard. Throws `audit-unavailable`. */
  auditMode(session: Session, mode: AudioMode): Promise<void>;
}

/** How long to wait for the news that tells why a leg went: events and replies come by different ways. */
const newsGraceMs = 300;

/** Listening to one call: ends by itself when the call does. */
export class SupervisionSession implements Session {
  readonly plan: CallPlan;
  readonly memory: SessionMemory = {};
  readonly #deps: SessionDeps;
  readonly #parts: SessionParts;
  readonly #finished = Promise.withResolvers<void>();
  readonly #firstSnoop = Promise.withResolvers<boolean>();
  #state: AudioState;
  /** One step at a time touches the bridge. */
  #turn: Promise<unknown> = Promise.resolve();
  #legWasSeen = false;
  #ringTimer: NodeJS.Timeout | undefined;

  constructor(deps: SessionDeps, plan: CallPlan, from: AudioMode | AudioState) {
    this.plan = plan;
    this.#deps = deps;
    this.#parts = new SessionParts(deps.commands, plan, deps.log);
    const onHold = this.#leg()?.state === 'on-hold';
    this.#state = typeof from === 'string' ? initialState(from, plan.callId, plan.startedAtMs, onHold) : from;
  }

  get state(): AudioState {
    return this.#state;
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  async establish(written: Promise<unknown>): Promise<void> {
    const { ringTimeoutMs } = this.#deps;
    this.#ringTimer = setTimeout(() => void this.end('phone-timeout'), ringTimeoutMs).unref();
    const steps = await Promise.all([
      // A bridge mixes every 20 ms from its making on: the sooner it is made, the sooner its first sound.
      this.#parts.makeBridge().then(this.#check),
      this.#parts.makePhone(ringTimeoutMs).then(this.#check).finally(this.#stopRinging),
      this.#parts
        .makeSnoop(1, this.plan.targetUniqueId, this.#state.mode)
        .then(this.#check)
        .then(this.#tellFirstSnoop),
      written.then(
        () => true,
        () => false,
      ),
    ]);
    if (steps.every((step) => step)) await this.#inTurn(() => this.#join());
  }

  adopt(found: OwnOnPbx): void {
    const saved = this.#state;
    const snoop = saved.state === 'live' ? joinedSnoop(this.plan.id, found) : null;
    const mode = (snoop !== null && saved.modeChanges[snoop - 1]?.mode) || saved.mode;
    // Written down while it was ending: what is left of it ends as anything open does.
    const state = isOpen(saved) ? saved.state : 'live';
    this.#state = { ...saved, state, mode, wantedMode: mode, snoop: snoop ?? 1 };
    this.#parts.adopt(this.#state.snoop);
    this.#firstSnoop.resolve(true);
    if (snoop === null)
      void this.end(
        state === saved.state && state === 'live' ? 'lost' : (saved.endedBecause ?? 'server-stopped'),
      );
    else this.#deps.log.info({ mode }, 'A supervision goes on after a restart');
  }

  compare({ legs }: OwnOnPbx): void {
    if (this.#state.state !== 'live') return;
    const isThere = (id: string) => legs.some((leg) => leg.id === id);
    if (!isThere(this.#parts.phoneId)) void this.end('lost');
    else if (!isThere(snoopLegIdOf(this.plan.id, this.#state.snoop))) void this.end('call-ended');
  }

  async changeMode(mode: Mode): Promise<void> {
    if (!isAudioMode(mode)) throw new AppError('mode-not-available');
    this.#apply({ kind: 'mode-wanted', mode });
    const ended = this.finished.then(() => false);
    if (!(await Promise.race([this.#firstSnoop.promise, ended]))) return;
    await this.#inTurn(async () => {
      // Wishes that were overtaken while waiting need no snoop of their own.
      const { wantedMode, mode: held } = this.#state;
      if (isOpen(this.#state) && wantedMode !== held) await this.#switchTo(wantedMode);
    });
  }

  /**
   * Leaves the supervisor's leg and the bridge to the session that goes on with them; nothing is heard any more. False when
   * it is not live.
   */
  async surrender(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#state.state !== 'live') return false;
      const dropped = await this.#parts.dropSnoop(this.#state.snoop);
      return dropped.ok && isOpen(this.#state);
    });
  }

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

  /** On hold, no longer the agent's, or over. */
  onCallChange(): void {
    const leg = this.#leg();
    if (leg) {
      this.#legWasSeen = true;
      this.#apply({ kind: 'held', onHold: leg.state === 'on-hold' });
      if (leg.callId !== this.plan.callId) void this.end('call-ended');
    } else if (this.#legWasSeen && isOpen(this.#state)) {
      void later(newsGraceMs).then(() => {
        if (!this.#leg()) void this.end('agent-left');
      });
    }
  }

  onPolicyChange(): void {
    const because = isOpen(this.#state) ? this.#deps.endByPolicy() : null;
    if (because) void this.end(because);
  }

  onAuditLost(): void {
    void this.end('audit-unavailable');
  }

  uses(ownId: string): boolean {
    return this.#state.state !== 'ended' && this.#parts.uses(ownId);
  }

  #leg(): DeviceLeg | undefined {
    return this.#deps.targetLeg(this.plan.targetUniqueId);
  }

  async #join(): Promise<void> {
    if (!isOpen(this.#state)) return;
    const step = await this.#parts.join(this.#state.snoop);
    if (!step.ok) return this.#failOnBridge(step);
    this.#apply({ kind: 'joined', atMs: this.#deps.clock.now() });
    if (this.#deps.beeps()) void this.#beep();
  }

  async #beep(): Promise<void> {
    const step = await this.#parts.beep(1, this.plan.targetUniqueId);
    if (!step.ok) this.#deps.log.warn({ detail: step.detail }, 'The agent was not told by a tone');
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
    const made = await this.#parts.makeSnoop(n, this.plan.targetUniqueId, mode);
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
    // A PBX that refuses is busy ending the call, as a rule.
    if (because === 'pbx-failed' && (await this.#whyAgentWent()) === 'call-ended') because = 'call-ended';
    this.#apply({ kind: 'ended', because, atMs: this.#deps.clock.now() });
    this.#finished.resolve();
  }

  /** The agent's leg went: with his call, or out of a call that goes on. The call's own end comes a moment later. */
  async #whyAgentWent(): Promise<SupervisionEnd> {
    const isAlive = () => this.#deps.isCallAlive(this.plan.callId);
    const limitMs = this.#deps.clock.now() + newsGraceMs;
    while (isAlive() && this.#deps.clock.now() < limitMs) await later(20);
    if (!isAlive()) return 'call-ended';
    return this.#deps.isTakenOver(this.plan.callId) ? 'intercepted-by-another' : 'agent-left';
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

/** Snoop number in the supervision's bridge beside the supervisor's leg; null when the two are not together there. */
export function joinedSnoop(supervisionId: string, { legs, bridges }: OwnOnPbx): number | null {
  const phoneId = phoneLegIdOf(supervisionId, 1);
  const bridge = bridges.find(({ id }) => id === bridgeIdOf(supervisionId));
  if (!bridge?.legIds.includes(phoneId) || !legs.some(({ id }) => id === phoneId)) return null;
  const snoops = bridge.legIds.map(parseOwnId).filter((own) => own?.kind === 'snoop');
  return snoops.length === 1 ? snoops[0]!.n : null;
}
