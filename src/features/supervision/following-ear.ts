import type { ErrorCode } from '../../contract/errors.ts';
import type { AudioMode, SupervisionEnd } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { chooseLegs, type FollowedLeg, type LegChoice } from './following-choice.ts';
import { FollowingTaps, type SavedTap, type Tap } from './following-taps.ts';
import type { OwnOnPbx } from './session.ts';
import type { SessionParts } from './session-parts.ts';

export interface EarDeps {
  supervisionId: string;
  parts: SessionParts;
  clock: Clock;
  log: Log;
  /** Legs of the agent's devices now, those that ring included. */
  legs(): readonly FollowedLeg[];
  /** The entry that this call is taken up is durable; false when it could not be written. */
  isAudited(callId: string, leg: DeviceLeg['state']): Promise<boolean>;
  onChange(): void;
  fail(because: SupervisionEnd): void;
}

/** What the supervisor hears now. */
export interface Hearing {
  /** Null between calls. */
  leg: DeviceLeg | null;
  /** A leg is heard that is known to be in no call: a transfer is under way, or the server has just begun. */
  isBetween: boolean;
  unheard: ErrorCode | null;
}

/** A leg that a transfer has taken out of one call and not yet put into the next is not given up at once. */
const missingGraceMs = 300;
/** After a restart the calls are read anew: until then nothing is known of any leg. */
const adoptedGraceMs = 5_000;
const retryMs = 500;
const auditRetryMs = 2_000;

/** Keeps listening set on the right legs of one agent, whatever happens to his calls. */
export class FollowingEar {
  readonly #deps: EarDeps;
  readonly #taps: FollowingTaps;
  #mode: AudioMode;
  #isPaused: boolean;
  /** The supervisor is in the bridge, and the audit entry is written. */
  #isReady = false;
  #isOver = false;
  #auditFailed = false;
  #isFollowQueued = false;
  #seen = '';
  /** One step at a time touches the bridge. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Until when taps wait for legs that are known no more. */
  readonly #missingUntilMs = new Map<string, number>();

  constructor(deps: EarDeps, mode: AudioMode, isPaused: boolean) {
    this.#deps = deps;
    this.#mode = mode;
    this.#isPaused = isPaused;
    this.#taps = new FollowingTaps(deps.supervisionId, deps.parts, () => deps.onChange());
  }

  get hearing(): Hearing {
    const legs = this.#legs();
    const joined = this.#taps.all().filter(({ phase }) => phase === 'joined');
    const legOf = ({ uniqueId }: Tap) => legs.find((leg) => leg.uniqueId === uniqueId);
    const leg = joined.map(legOf).find((one) => one !== undefined && one.state !== 'ringing') ?? null;
    const { heard, unheard } = this.#choice();
    return { leg, isBetween: joined.some((tap) => !legOf(tap)), unheard: unheard ?? this.#failure(heard) };
  }

  get saved(): SavedTap[] {
    return this.#taps.saved();
  }

  /** Takes over what an earlier run has left. */
  adopt(saved: readonly SavedTap[], bridgeLegIds: readonly string[], found: OwnOnPbx): void {
    const known = saved.filter(({ mode }) => mode === this.#mode);
    this.#taps.adopt(known, bridgeLegIds, found);
    const untilMs = this.#deps.clock.now() + adoptedGraceMs;
    for (const { uniqueId } of this.#taps.all()) this.#missingUntilMs.set(uniqueId, untilMs);
  }

  /** The supervisor may hear from now on. */
  ready(): void {
    this.#isReady = true;
    this.follow();
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Settles when it holds. */
  async setPaused(paused: boolean): Promise<void> {
    this.#isPaused = paused;
    this.#dropForbidden();
    this.follow();
    await this.#turn;
  }

  /**
   * Settles when the mode holds.
   * @param wanted asked when it is this wish's turn; null when there is none any more
   * @param before settles before anything is heard in the new mode; its failure leaves the old one
   */
  switchMode(
    wanted: () => AudioMode | null,
    before: (mode: AudioMode) => Promise<void>,
    after: (mode: AudioMode) => void,
  ): Promise<void> {
    return this.#inTurn(async () => {
      const mode = wanted();
      if (mode === null || mode === this.#mode) return;
      await before(mode);
      this.#mode = mode;
      await this.#switchTaps();
      after(mode);
      await this.#followNow();
    });
  }

  /** The agent's legs, or what may be heard of them, may have changed. */
  refresh(): void {
    const seen = this.#legs()
      .map((leg) => [leg.uniqueId, leg.callId, leg.state, leg.certain, leg.protectedBy].join())
      .join(';');
    if (this.#isOver || seen === this.#seen) return;
    this.#seen = seen;
    this.#dropForbidden();
    this.#deps.onChange();
    this.follow();
  }

  /** The audit log takes no entries: silence, and what is heard next is written down anew. */
  auditLost(): void {
    this.#auditFailed = true;
    for (const tap of this.#taps.all()) void this.#drop(tap);
    this.#followAfter(auditRetryMs);
  }

  onSnoopEnded(n: number): void {
    this.#taps.onEnded(n);
    this.follow();
  }

  /** Sets listening where it belongs, soon; asking for it many times is asking once. */
  follow(): void {
    if (this.#isFollowQueued || this.#isOver) return;
    this.#isFollowQueued = true;
    this.#inTurn(async () => {
      this.#isFollowQueued = false;
      await this.#followNow();
    }).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'An agent could not be followed');
      this.#deps.fail('pbx-failed');
    });
  }

  #legs(): readonly FollowedLeg[] {
    return this.#isPaused ? [] : this.#deps.legs();
  }

  #choice(): LegChoice {
    const current = this.#taps.all().find(({ phase }) => phase === 'joined');
    return chooseLegs(this.#legs(), this.#mode, current?.uniqueId ?? null);
  }

  /** At once and beside all else: what may not be heard any more is not. */
  #dropForbidden(): void {
    const legs = this.#legs();
    const { unheard } = this.#choice();
    for (const tap of this.#taps.all()) {
      const leg = legs.find(({ uniqueId }) => uniqueId === tap.uniqueId);
      const isSilenced = unheard !== null && leg !== undefined && leg.state !== 'ringing';
      if (this.#isPaused || isSilenced || (leg?.protectedBy ?? null) !== null) void this.#drop(tap);
    }
  }

  async #drop(tap: Tap): Promise<void> {
    // Not known to have left: somebody might go on being heard.
    if (!(await this.#taps.drop(tap))) this.#deps.fail('pbx-failed');
  }

  async #followNow(): Promise<void> {
    if (this.#isOver) return;
    const choice = this.#choice();
    for (const tap of this.#taps.all()) if (!this.#isWanted(tap, choice)) await this.#drop(tap);
    if (choice.heard) await this.#set(choice.heard, true);
    for (const leg of choice.ringing) await this.#set(leg, choice.joinsRinging);
    this.#deps.onChange();
  }

  #isWanted(tap: Tap, { heard, ringing, joinsRinging }: LegChoice): boolean {
    const isHeard = tap.uniqueId === heard?.uniqueId;
    const rings = ringing.some(({ uniqueId }) => uniqueId === tap.uniqueId);
    if (isHeard || (rings && (joinsRinging || tap.phase !== 'joined'))) {
      this.#missingUntilMs.delete(tap.uniqueId);
      return true;
    }
    return this.#isMissing(tap);
  }

  /** Not known for the moment: perhaps between two calls of a transfer. */
  #isMissing({ uniqueId }: Tap): boolean {
    if (this.#isPaused || this.#legs().some((leg) => leg.uniqueId === uniqueId)) return false;
    const nowMs = this.#deps.clock.now();
    const untilMs = this.#missingUntilMs.get(uniqueId) ?? nowMs + missingGraceMs;
    if (untilMs <= nowMs) return !this.#missingUntilMs.delete(uniqueId);
    this.#missingUntilMs.set(uniqueId, untilMs);
    this.#followAfter(untilMs - nowMs + 1);
    return true;
  }

  /** Listening on that leg is ready and, when it is to be heard, in the bridge. */
  async #set(leg: DeviceLeg, isToBeHeard: boolean): Promise<void> {
    const { uniqueId } = leg;
    if (this.#taps.hasGivenUp(uniqueId)) return;
    if (!this.#taps.of(uniqueId) && !(await this.#make(leg))) {
      return this.#followAfter(this.#auditFailed ? auditRetryMs : retryMs);
    }
    const tap = this.#taps.of(uniqueId);
    if (tap?.phase !== 'armed' || !isToBeHeard || !this.#isReady) return;
    // What was decided before waiting for the PBX must still hold.
    const now = this.#choice();
    const rings = now.joinsRinging && now.ringing.some((one) => one.uniqueId === uniqueId);
    if (this.#isOver || (now.heard?.uniqueId !== uniqueId && !rings)) return this.follow();
    if (!(await this.#taps.join(tap))) this.#followAfter(retryMs);
  }

  /** Both at once, unless the audit log has just failed: then nothing is set before the entry is written. */
  async #make(leg: DeviceLeg): Promise<boolean> {
    const audited = this.#deps.isAudited(leg.callId, leg.state);
    if (this.#auditFailed && !(await audited)) return false;
    const [isAudited, isMade] = await Promise.all([audited, this.#taps.make(leg, this.#mode)]);
    this.#auditFailed = !isAudited;
    const tap = this.#taps.of(leg.uniqueId);
    if (!isAudited && tap) await this.#drop(tap);
    return isAudited && isMade;
  }

  async #switchTaps(): Promise<void> {
    const choice = this.#choice();
    for (const tap of this.#taps.all()) {
      const stays = tap.phase === 'joined' && this.#isWanted(tap, choice);
      if (stays) await this.#taps.switchMode(tap, this.#mode);
      else await this.#drop(tap);
    }
  }

  #failure(heard: DeviceLeg | null): ErrorCode | null {
    if (heard === null) return null;
    if (this.#auditFailed) return 'audit-unavailable';
    return this.#taps.hasGivenUp(heard.uniqueId) ? 'pbx-refused' : null;
  }

  #followAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.follow(), ms).unref();
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => {});
    return result;
  }
}
