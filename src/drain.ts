import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './ports/log.ts';

/** Long enough for a proxy that asks /readyz every two seconds to send nothing more. */
const noticeMs = 2_500;

/** How a server leaves the others. */
export interface Drain {
  /** From here on /readyz refuses. */
  readonly isBegun: boolean;
  /** Settles when everything is with the others and requests have had time to go elsewhere; at once without others. */
  begin(): Promise<void>;
}

export function createDrain(deps: {
  hasOthers(): boolean;
  /** Calls and supervisions: another server has them. */
  handOver(): Promise<void>;
  /** Open pages connect anew, to another server. */
  sendPagesAway(): void;
  log: Log;
}): Drain {
  let isBegun = false;
  return {
    get isBegun() {
      return isBegun;
    },
    async begin() {
      if (!deps.hasOthers()) return;
      isBegun = true;
      deps.log.info({}, 'Leaving the PBXs and the pages to the other servers');
      await deps.handOver();
      await delay(noticeMs);
      deps.sendPagesAway();
      await delay(noticeMs);
    },
  };
}
