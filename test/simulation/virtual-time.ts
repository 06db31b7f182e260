import { syncBuiltinESMExports } from 'node:module';
import { setImmediate } from 'node:timers';
import { install } from '@sinonjs/fake-timers';

/** Time that passes only when it is told to. */
export interface VirtualTime {
  /** Lets `ms` pass: timers fire in their order, and what they begin goes as far as it can. */
  pass(ms: number): Promise<void>;
  /** Real time again. */
  end(): void;
}

const realImmediate = setImmediate;
/** What promises have begun is done once the event loop has gone round. */
const settled = () => new Promise<void>((resolve) => void realImmediate(resolve));

/** From now on everything in this process that asks for the time or for a timer gets virtual ones. */
export function startVirtualTime(nowMs: number): VirtualTime {
  const clock = install({
    now: nowMs,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  // Modules that import timers by name get the virtual ones too.
  syncBuiltinESMExports();
  return {
    async pass(ms) {
      let isThere = false;
      clock.setTimeout(() => {
        isThere = true;
      }, ms);
      await settled();
      while (!isThere) {
        clock.next();
        await settled();
      }
    },
    end() {
      clock.uninstall();
      syncBuiltinESMExports();
    },
  };
}
