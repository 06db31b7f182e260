import type { AudioMode } from '../../contract/supervisions.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import type { FollowingDeps } from './following-state.ts';

/** The audit log's entries of which calls one following supervision has heard. */
export class FollowingEntries {
  readonly #deps: Pick<FollowingDeps, 'audit' | 'log'>;
  readonly #mode: () => AudioMode;
  readonly #takenUp = new Set<string>();
  /** The supervision's own entry: no call's comes before it. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(deps: Pick<FollowingDeps, 'audit' | 'log'>, mode: () => AudioMode) {
    this.#deps = deps;
    this.#mode = mode;
  }

  after(written: Promise<unknown>): void {
    this.#written = written;
  }

  /** An earlier run of the server has written of these. */
  adopt(callIds: Iterable<string>): void {
    for (const callId of callIds) this.#takenUp.add(callId);
  }

  /** The entry is durable before the first sound of the call; false when it could not be written. */
  async takeUp(callId: string, leg: DeviceLeg['state']): Promise<boolean> {
    if (this.#takenUp.has(callId)) return true;
    try {
      await this.#written;
      await this.#deps.audit('supervision.call-taken-up', callId, { leg, mode: this.#mode() });
      this.#takenUp.add(callId);
      return true;
    } catch {
      return false;
    }
  }

  leave(callId: string): void {
    this.#takenUp.delete(callId);
    this.#deps.audit('supervision.call-left', callId, {}).catch((error: unknown) => {
      this.#deps.log.error({ err: error, callId }, 'The end of what was heard could not be written down');
    });
  }

  /** What is heard next is written down anew. */
  forget(): void {
    this.#takenUp.clear();
  }
}
