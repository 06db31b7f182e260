import { AppError } from '../../contract/errors.ts';
import type { TakeoverCustomer } from './takeover-customer.ts';
import type { TakeoverProgress } from './takeover-progress.ts';
import type { HandOverTarget, TakeoverDeps } from './takeover-state.ts';

/** The way of a customer who was taken over to somebody else. */
export class TakeoverHandOver {
  readonly #deps: Pick<TakeoverDeps, 'isAnsweredBy'>;
  readonly #progress: TakeoverProgress;
  readonly #customer: TakeoverCustomer;

  constructor(
    deps: Pick<TakeoverDeps, 'isAnsweredBy'>,
    progress: TakeoverProgress,
    customer: TakeoverCustomer,
  ) {
    this.#deps = deps;
    this.#progress = progress;
    this.#customer = customer;
  }

  /** Settles when he is on his way. Throws `supervision-ended`, `not-intercepted`, or what the PBX refused. */
  async send(to: HandOverTarget['to']): Promise<void> {
    const { customerUniqueId, phase } = this.#progress.memory;
    if (!this.#progress.isOpen) throw new AppError('supervision-ended');
    if (phase !== 'held' || customerUniqueId === null) throw new AppError('not-intercepted');
    const targetDevice = 'device' in to ? to.device : null;
    await this.#progress.remember({ phase: 'handing-over', targetDevice });
    const sent = await this.#customer.sendOn(customerUniqueId, { to });
    if (sent.ok) return;
    await this.#progress.remember({ phase: 'held' });
    if (sent.why === 'gone') throw new AppError('call-already-ended');
    throw new AppError(sent.why === 'refused' ? 'pbx-refused' : 'pbx-unreachable', sent.detail);
  }

  /** To the agent he was taken from: nobody is there for him here. */
  sendBack(legId: string): Promise<void> {
    return this.#customer.sendBack(legId, this.#progress.memory.agentDevice);
  }

  /** The one he was sent to talks with him. */
  get isAnswered(): boolean {
    const { targetDevice, customerUniqueId } = this.#progress.memory;
    if (targetDevice === null || customerUniqueId === null) return false;
    return this.#deps.isAnsweredBy(targetDevice, customerUniqueId);
  }
}
