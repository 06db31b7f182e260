import type { ChainedRecord } from '../../ports/audit-chain.ts';
import type { LocalAuditLog } from '../../ports/audit-log.ts';

const pageSize = 1_000;

/** The local log from its beginning, entry by entry, some in memory at a time. */
export interface LocalReader {
  /** The next one, or undefined at the end, which may move: asked again, it looks again. */
  peek(): Promise<ChainedRecord | undefined>;
  take(): void;
}

export function createLocalReader(local: LocalAuditLog, from: number): LocalReader {
  let page: ChainedRecord[] = [];
  let at = 0;
  let last = from;
  return {
    async peek() {
      if (at < page.length) return page[at];
      page = await local.after(last, pageSize);
      at = 0;
      return page[0];
    },
    take() {
      last = page[at]!.sequence;
      at += 1;
    },
  };
}
