import type { SharedEntries } from '../../ports/cluster.ts';
import type { BrowserPhones } from '../../ports/domain.ts';

/** The browser phones of all servers as one: those of this server's pages, told to the others, and theirs. */
export function sharePhones(local: BrowserPhones, entries: SharedEntries<string>): BrowserPhones {
  local.onChange((personId) => {
    const device = local.deviceOf(personId);
    if (device === null) entries.delete(personId);
    else entries.set(personId, device);
  });
  return {
    deviceOf: (personId) => local.deviceOf(personId) ?? entries.other(personId) ?? null,
    onChange(listener) {
      const stops = [local.onChange(listener), entries.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
