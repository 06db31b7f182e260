import type { AudioMode, SupervisionEnd } from '../../contract/supervisions.ts';
import type { Log } from '../../ports/log.ts';
import type { CommandOutcome, SnoopDirection, TelephonyCommands } from '../../ports/telephony.ts';
import { snoopDirections } from './modes.ts';
import { beepLegIdOf, bridgeIdOf, parseOwnId, phoneLegIdOf, snoopLegIdOf } from './own-ids.ts';
import { isChannelOf, whyPhoneFailed } from './phone-leg.ts';
import type { SessionPlan } from './session.ts';
import { createSessionLegs, type SessionLegs } from './session-legs.ts';

export type Step = { ok: true } | { ok: false; because: SupervisionEnd; step: string; detail: string };
export const done: Step = { ok: true };

const snoopReadyTimeoutMs = 5_000;
/** Two short notes, for ever until the leg is hung up. */
const beepTone = '1400/150,0/60,1400/150,0/2000';
const beepMs = 400;
const cdrAttemptsMax = 30;
const cdrRetryMs = 5;
const goneTimeoutMs = 1_000;
/**
 * A new snoop gives silence until both sides of the call have brought it a frame of 20 ms; put into the bridge before
 * that, it would make a hole in what the supervisor hears.
 */
const snoopWarmUpMs = 60;

/** What one supervision has on the PBX, a bridge, the supervisor's leg and snoops: made here and undone here. */
export class SessionParts {
  readonly legs: SessionLegs = createSessionLegs();
  readonly phoneId: string;
  readonly #commands: TelephonyCommands;
  readonly #plan: SessionPlan;
  readonly #log: Log;
  readonly #bridgeId: string;
  /** Commands that put something on the PBX: undoing waits for them, or would leave behind what they make. */
  readonly #underWay = new Set<Promise<CommandOutcome>>();
  /** Snoops whose end is our own doing. */
  readonly #leaving = new Set<string>();
  readonly #outOfCdr = new Set<string>();
  #bridgeAsked = false;

  constructor(commands: TelephonyCommands, plan: SessionPlan, log: Log) {
    this.#commands = commands;
    this.#plan = plan;
    this.#log = log;
    this.#bridgeId = bridgeIdOf(plan.id);
    this.phoneId = phoneLegIdOf(plan.id, 1);
  }

  /** Takes over what an earlier run of the server left on the PBX. */
  adopt(...snoops: number[]): void {
    this.#bridgeAsked = true;
    this.legs.adopt(this.phoneId);
    for (const n of snoops) {
      this.legs.adopt(snoopLegIdOf(this.#plan.id, n));
      this.#outOfCdr.add(snoopLegIdOf(this.#plan.id, n));
    }
  }

  async makeBridge(): Promise<Step> {
    this.#bridgeAsked = true;
    const outcome = await this.#making(this.#commands.createBridge(this.#bridgeId, this.#plan.id));
    return outcome.ok ? done : failed('pbx-failed', 'bridge', outcome.detail);
  }

  /** Rings the supervisor's phone until it is in our hands, and is the device that was asked for. */
  async makePhone(ringTimeoutMs: number): Promise<Step> {
    const { agent, deviceAddress: device } = this.#plan;
    const news = this.legs.expect(this.phoneId);
    const rung = await this.#making(
      this.#commands.ringDevice({
        legId: this.phoneId,
        device,
        callerName: agent.name,
        callerNumber: agent.number,
        ringTimeoutMs,
      }),
    );
    if (!rung.ok) {
      return failed(rung.why === 'refused' ? 'phone-unreachable' : 'pbx-failed', 'phone', rung.detail);
    }
    const phone = await news;
    if (!phone.ready) {
      return failed(whyPhoneFailed(phone.cause, phone.sipCode), 'phone', `${phone.cause}/${phone.sipCode}`);
    }
    return isChannelOf(device, phone.channel)
      ? done
      : failed('phone-forwarded', 'phone', 'another channel than the one asked for answered');
  }

  /** Snoop number `n` on that leg of the agent's, ready to be bridged. */
  async makeSnoop(n: number, targetUniqueId: string, mode: AudioMode): Promise<Step> {
    return this.#makeTap(snoopLegIdOf(this.#plan.id, n), targetUniqueId, snoopDirections(mode));
  }

  /** A short tone in the agent's ear and in nobody else's: he is listened to. */
  async beep(n: number, targetUniqueId: string): Promise<Step> {
    const legId = beepLegIdOf(this.#plan.id, n);
    this.#leaving.add(legId);
    const made = await this.#makeTap(legId, targetUniqueId, { spy: 'none', whisper: 'out' });
    if (!made.ok) return made;
    const played = await this.#commands.playTone(legId, beepTone);
    if (played.ok) await later(beepMs);
    await this.#commands.hangUp(legId);
    return played.ok ? done : failed('pbx-failed', 'beep', played.detail);
  }

  async #makeTap(
    legId: string,
    targetUniqueId: string,
    directions: { spy: SnoopDirection; whisper: SnoopDirection },
  ): Promise<Step> {
    const news = this.legs.expect(legId);
    const asked = await this.#making(this.#commands.snoop({ legId, targetUniqueId, ...directions }));
    if (!asked.ok) return failed(asked.why === 'gone' ? 'call-ended' : 'pbx-failed', 'snoop', asked.detail);
    const snoop = await Promise.race([news, later(snoopReadyTimeoutMs)]);
    if (!snoop) return failed('pbx-failed', 'snoop', 'the snoop did not arrive');
    if (!snoop.ready) return failed('call-ended', 'snoop', 'the snoop ended before it was used');
    await this.#keepOutOfCdr(legId);
    return done;
  }

  /** Puts the supervisor and snoop `n` together: from here on he hears. */
  async join(n: number): Promise<Step> {
    return this.#bridge(this.phoneId, snoopLegIdOf(this.#plan.id, n));
  }

  /** The supervisor alone: he hears nothing yet. */
  async joinPhone(): Promise<Step> {
    return this.#bridge(this.phoneId);
  }

  /** Snoop `n` to the supervisor who is there already. */
  async joinSnoop(n: number): Promise<Step> {
    return this.#bridge(snoopLegIdOf(this.#plan.id, n));
  }

  /** Nothing is heard through snoop `n` any more. */
  async dropSnoop(n: number): Promise<Step> {
    const legId = snoopLegIdOf(this.#plan.id, n);
    this.#leaving.add(legId);
    const left = await this.#making(this.#commands.hangUp(legId));
    return left.ok || left.why === 'gone' ? done : failed('pbx-failed', 'drop', left.detail);
  }

  /** Old out and new in, back to back: both in at once would double every voice. */
  async swap(old: number, n: number, isLive: boolean): Promise<Step> {
    await later(snoopWarmUpMs);
    const left = await this.dropSnoop(old);
    // Not known to have left: the customer might go on hearing the supervisor.
    if (!left.ok) return left;
    return isLive ? this.joinSnoop(n) : done;
  }

  /** Whether this leg or bridge on the PBX is one that is still used. */
  uses(ownId: string): boolean {
    if (ownId === this.#bridgeId) return true;
    const isThere = this.legs.has(ownId) && !this.legs.hasEnded(ownId);
    return isThere && (!this.#leaving.has(ownId) || parseOwnId(ownId)?.kind === 'beep');
  }

  isLeaving(legId: string): boolean {
    return this.#leaving.has(legId);
  }

  /** A leg that came too late, or is not the one that was asked for. */
  async turnAway(legId: string): Promise<void> {
    await this.#keepOutOfCdr(legId);
    await this.#commands.hangUp(legId);
  }

  /** Settles when every command has settled and nothing it made is left. What cannot be reached now is the sweep's. */
  async undo(): Promise<void> {
    const late = [...this.#underWay];
    this.legs.release();
    await this.#clear();
    if (late.length === 0) return;
    await Promise.allSettled(late);
    await this.#clear();
  }

  async #clear(): Promise<void> {
    await Promise.all([
      // The supervisor's leg is kept out of the call records from its making; a snoop only can be once it is there.
      ...this.legs.living().map(async (legId) => {
        if (legId !== this.phoneId && !this.#outOfCdr.has(legId)) {
          // Not there, or not there yet: hung up now, it would be so on its arrival, and in the call records.
          if ((await this.#keepOutOfCdr(legId)) === 'gone') return;
        }
        const hungUp = await this.#commands.hangUp(legId);
        // Accepted is not yet done: a server that stops now must leave nothing.
        if (hungUp.ok) await Promise.race([this.legs.ended(legId), later(goneTimeoutMs)]);
      }),
      ...(this.#bridgeAsked ? [this.#commands.destroyBridge(this.#bridgeId)] : []),
    ]);
  }

  /** A leg is in our hands some milliseconds after Asterisk has said that it exists. */
  async #keepOutOfCdr(legId: string): Promise<'there' | 'gone'> {
    for (let attempt = 1; ; attempt++) {
      const kept = await this.#commands.keepOutOfCdr(legId);
      if (kept.ok) {
        this.#outOfCdr.add(legId);
        return 'there';
      }
      if (kept.why === 'gone') return 'gone';
      if (kept.why !== 'refused' || attempt === cdrAttemptsMax) {
        this.#log.warn({ detail: kept.detail }, 'A leg may appear in the call records of the PBX');
        return 'there';
      }
      await later(cdrRetryMs);
    }
  }

  async #bridge(...legIds: string[]): Promise<Step> {
    const outcome = await this.#making(this.#commands.addToBridge(this.#bridgeId, ...legIds));
    return outcome.ok ? done : failed('pbx-failed', 'join', outcome.detail);
  }

  async #making(command: Promise<CommandOutcome>): Promise<CommandOutcome> {
    this.#underWay.add(command);
    try {
      return await command;
    } finally {
      this.#underWay.delete(command);
    }
  }
}

const failed = (because: SupervisionEnd, step: string, detail: string): Step => ({
  ok: false,
  because,
  step,
  detail,
});

/** Settles with undefined after that time; keeps no process alive. */
export const later = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
