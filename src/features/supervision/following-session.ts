import { AppError } from '../../contract/errors.ts';
import { type AudioMode, isAudioMode, type Mode, type SupervisionEnd } from '../../contract/supervisions.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';
import type { FollowedLeg } from './following-choice.ts';
import { FollowingEar } from './following-ear.ts';
import { FollowingEntries } from './following-entries.ts';
import { createStandingClock } from './following-standing.ts';
import { type FollowingDeps, spansAfter, startingState } from './following-state.ts';
import type { SavedTap } from './following-taps.ts';
import { bridgeIdOf, parseOwnId } from './own-ids.ts';
import { endOfRefusal } from './policy-ends.ts';
import type { OwnOnPbx, SavedSession, Session, SessionMemory, SessionPlan, SessionState } from './session.ts';
import { isOpen } from './session.ts';
import { SessionParts } from './session-parts.ts';
import { SupervisorPhone } from './supervisor-phone.ts';

/** Listening that stays with an agent from call to call: on his own legs only, and never on whom he talks with. */
export class FollowingSession implements Session {
  readonly plan: SessionPlan;
  readonly #deps: FollowingDeps;
  readonly #parts: SessionParts;
  readonly #phone: SupervisorPhone;
  readonly #ear: FollowingEar;
  readonly #standing: ReturnType<typeof createStandingClock>;
  readonly #finished = Promise.withResolvers<void>();
  readonly #savedTaps: readonly SavedTap[];
  readonly #entries: FollowingEntries;
  #state: SessionState;
  #wantedMode: AudioMode;
  #isReady = false;
  #beeps = 0;
  #remembered = '';

  constructor(deps: FollowingDeps, plan: SessionPlan, from: AudioMode | SavedSession) {
    this.plan = plan;
    this.#deps = deps;
    this.#parts = new SessionParts(deps.commands, plan, deps.log);
    this.#phone = new SupervisorPhone(this.#parts, {
      ...deps,
      isOpen: () => isOpen(this.#state),
      end: (because) => void this.end(because),
    });
    const state = typeof from === 'string' ? startingState(from, plan.startedAtMs) : from.state;
    const memory: SessionMemory = typeof from === 'string' ? {} : from.memory;
    this.#state = state;
    this.#wantedMode = isAudioMode(state.mode) ? state.mode : 'listen';
    this.#savedTaps = (memory['taps'] ?? []) as readonly SavedTap[];
    this.#standing = createStandingClock(deps, memory, plan.startedAtMs, (standing) => {
      if (!isOpen(this.#state)) return;
      if (standing.over) void this.end(standing.over);
      else this.#update({ endsAtMs: standing.endsAtMs, question: standing.question });
    });
    this.#entries = new FollowingEntries(deps, () => this.#wantedMode);
    this.#ear = new FollowingEar(
      {
        ...deps,
        supervisionId: plan.id,
        parts: this.#parts,
        isAudited: (callId, leg) => this.#entries.takeUp(callId, leg),
        onChange: () => this.#show(),
        fail: (because) => void this.end(because),
      },
      this.#wantedMode,
      state.paused,
    );
  }

  get state(): SessionState {
    return this.#state;
  }

  get memory(): SessionMemory {
    return { ...this.#standing.memory, taps: this.#ear.saved };
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  async establish(written: Promise<unknown>): Promise<void> {
    this.#entries.after(written);
    this.#ear.refresh();
    this.#standing.refresh();
    if (await this.#phone.bring(written)) this.#begin();
  }

  adopt(found: OwnOnPbx): void {
    const saved = this.#state;
    const bridge = found.bridges.find(({ id }) => id === bridgeIdOf(this.plan.id));
    const bridgeLegIds = bridge?.legIds ?? [];
    const wasUp = saved.state === 'live' || saved.state === 'waiting';
    this.#parts.adopt();
    if (!wasUp || !bridgeLegIds.includes(this.#parts.phoneId)) {
      if (!isOpen(saved)) this.#state = { ...saved, state: 'waiting' };
      return void this.end(saved.endedBecause ?? (wasUp ? 'lost' : 'server-stopped'));
    }
    this.#ear.adopt(this.#savedTaps, bridgeLegIds, found);
    this.#deps.log.info({ mode: saved.mode }, 'A supervision goes on after a restart');
    this.#entries.adopt(saved.calls.map(({ callId }) => callId));
    this.#standing.refresh();
    this.#begin();
  }

  compare({ legs }: OwnOnPbx): void {
    if (!isOpen(this.#state) || !this.#isReady) return;
    const isThere = (id: string) => legs.some((leg) => leg.id === id);
    if (!isThere(this.#parts.phoneId)) return void this.end('lost');
    for (const id of this.#parts.legs.living()) {
      const own = parseOwnId(id);
      if (own?.kind !== 'snoop' || isThere(id)) continue;
      this.#parts.legs.lost(id);
      if (this.#parts.legs.hasEnded(id)) this.#ear.onSnoopEnded(own.n);
    }
    this.#ear.follow();
  }

  async changeMode(mode: Mode): Promise<void> {
    if (!isAudioMode(mode)) throw new AppError('mode-not-available');
    this.#wantedMode = mode;
    await this.#ear.switchMode(
      // Wishes that were overtaken while waiting need no snoop of their own.
      () => (isOpen(this.#state) ? this.#wantedMode : null),
      async (wanted) => {
        await this.#deps.audit('supervision.mode-changed', this.#callId, { mode: wanted });
        const modeChanges = [...this.#state.modeChanges, { mode: wanted, atMs: this.#deps.clock.now() }];
        this.#update({ modeChanges });
      },
      (held) => this.#update({ mode: held }),
    );
  }

  /** The supervisor hears nothing until he takes it up again; the supervision goes on. */
  async setPaused(paused: boolean): Promise<void> {
    if (!isOpen(this.#state) || this.#state.paused === paused) return;
    if (!paused) await this.#deps.audit('supervision.resumed', null, {});
    this.#update({ paused });
    await this.#ear.setPaused(paused);
    if (paused) await this.#deps.audit('supervision.paused', null, {});
  }

  /** The answer to what the supervisor is asked: a new longest duration begins. */
  async goOn(): Promise<void> {
    if (!isOpen(this.#state)) return;
    await this.#deps.audit('supervision.went-on', null, { question: this.#state.question });
    this.#standing.goOn();
    this.#remember();
  }

  /** As for listening to one call. */
  async surrender(): Promise<boolean> {
    if (!this.#isReady || !isOpen(this.#state)) return false;
    this.#standing.stop();
    this.#ear.stop();
    const snoops = this.#parts.legs.living().filter((id) => parseOwnId(id)?.kind === 'snoop');
    await Promise.all(snoops.map((id) => this.#parts.dropSnoop(parseOwnId(id)!.n)));
    return isOpen(this.#state);
  }

  end(because: SupervisionEnd): Promise<void> {
    if (isOpen(this.#state)) {
      this.#update({ state: 'ending', endedBecause: because, question: null });
      this.#phone.stopRinging();
      this.#standing.stop();
      this.#ear.stop();
      void this.#parts.undo().then(() => this.#finish(because));
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
      if (fact.uniqueId === this.#parts.phoneId) return void this.end('phone-hung-up');
      const own = parseOwnId(fact.uniqueId);
      if (own?.kind === 'snoop' && !this.#parts.isLeaving(fact.uniqueId)) this.#ear.onSnoopEnded(own.n);
    }
  }

  onCallChange(): void {
    if (isOpen(this.#state)) this.#ear.refresh();
  }

  onPolicyChange(): void {
    if (!isOpen(this.#state)) return;
    const refusal = this.#deps.agentRefusal();
    if (refusal) return void this.end(endOfRefusal(refusal));
    this.#ear.refresh();
    this.#standing.refresh();
  }

  /** Silence until it takes them again; it heals by itself. */
  onAuditLost(): void {
    if (!isOpen(this.#state)) return;
    this.#entries.forget();
    this.#ear.auditLost();
  }

  /** The agent may have come or gone. */
  onConnection(): void {
    if (isOpen(this.#state)) this.#standing.refresh();
  }

  uses(ownId: string): boolean {
    return this.#state.state !== 'ended' && this.#parts.uses(ownId);
  }

  get #callId(): string | null {
    return this.#state.calls.find(({ toMs }) => toMs === null)?.callId ?? null;
  }

  #begin(): void {
    this.#isReady = true;
    this.#ear.ready();
    this.#show();
  }

  /** State, calls and what is not heard, as the ear has it. */
  #show(): void {
    if (!isOpen(this.#state)) return;
    const { leg, isBetween, unheard } = this.#ear.hearing;
    const before = this.#callId;
    const callId = leg ? leg.callId : isBetween ? before : null;
    const nowMs = this.#deps.clock.now();
    const state = !this.#isReady ? 'starting' : callId === null ? 'waiting' : 'live';
    this.#update({
      state,
      unheard,
      calls: callId === before ? this.#state.calls : spansAfter(this.#state.calls, callId, nowMs),
      onHold: leg?.state === 'on-hold',
      liveAtMs: this.#state.liveAtMs ?? (callId === null ? null : nowMs),
    });
    this.#remember();
    if (callId === before) return;
    if (before !== null) this.#entries.leave(before);
    if (leg) void this.#takenUp(leg);
  }

  #remember(): void {
    const memory = JSON.stringify(this.memory);
    if (memory === this.#remembered) return;
    this.#remembered = memory;
    this.#deps.onMemory();
  }

  async #takenUp(leg: { uniqueId: string; callId: string; state: FollowedLeg['state'] }): Promise<void> {
    if (this.#deps.beeps()) this.#beep(leg.uniqueId);
    // Written before, but for a call that another one has become by a transfer.
    if (!(await this.#entries.takeUp(leg.callId, leg.state))) this.onAuditLost();
  }

  #beep(uniqueId: string): void {
    this.#beeps += 1;
    void this.#parts.beep(this.#beeps, uniqueId).then((step) => {
      if (!step.ok) this.#deps.log.warn({ detail: step.detail }, 'The agent was not told by a tone');
    });
  }

  #finish(because: SupervisionEnd): void {
    const nowMs = this.#deps.clock.now();
    const calls = spansAfter(this.#state.calls, null, nowMs);
    this.#update({ state: 'ended', endedBecause: because, endedAtMs: nowMs, calls, onHold: false });
    this.#finished.resolve();
  }

  #update(change: Partial<SessionState>): void {
    const keys = Object.keys(change) as (keyof SessionState)[];
    const isNew = keys.some((key) => this.#state[key] !== change[key]);
    this.#state = { ...this.#state, ...change };
    if (isNew) this.#deps.onState(this);
  }
}
