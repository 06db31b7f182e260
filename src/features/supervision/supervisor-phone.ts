import type { SupervisionEnd } from '../../contract/supervisions.ts';
import type { Log } from '../../ports/log.ts';
import type { SessionParts, Step } from './session-parts.ts';

/** What it asks of the session it belongs to. */
export interface PhoneOwner {
  ringTimeoutMs: number;
  log: Log;
  isOpen(): boolean;
  end(because: SupervisionEnd): void;
}

/** The supervisor's phone, from its first ring into the bridge; what goes wrong there ends the session. */
export class SupervisorPhone {
  readonly #parts: SessionParts;
  readonly #session: PhoneOwner;
  #ringTimer: NodeJS.Timeout | undefined;

  constructor(parts: SessionParts, session: PhoneOwner) {
    this.#parts = parts;
    this.#session = session;
  }

  /** Bridge and phone at once; he enters when `written` has settled, too. True when he is in and it may go on. */
  async bring(written: Promise<unknown>): Promise<boolean> {
    const { ringTimeoutMs, isOpen, end } = this.#session;
    this.#ringTimer = setTimeout(() => end('phone-timeout'), ringTimeoutMs).unref();
    const steps = await Promise.all([
      this.#parts.makeBridge().then(this.check),
      this.#parts.makePhone(ringTimeoutMs).then(this.check).finally(this.stopRinging),
      written.then(
        () => true,
        () => false,
      ),
    ]);
    if (!steps.every((step) => step) || !isOpen()) return false;
    return this.check(await this.#parts.joinPhone());
  }

  /** True when the step is done and the session still open; one that failed ends it. */
  readonly check = (step: Step): boolean => {
    const { isOpen, end, log } = this.#session;
    if (step.ok) return isOpen();
    if (isOpen()) {
      const { step: at, because, detail } = step;
      log.info({ step: at, because, detail }, 'A supervision cannot go on');
    }
    end(step.because);
    return false;
  };

  readonly stopRinging = (): void => clearTimeout(this.#ringTimer);
}
