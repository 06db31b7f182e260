import type { AuditFault } from '../../contract/audit.ts';

export const faultsToldMax = 1_000;

/** What a verification found: the first of them, and how many. */
export interface Faults {
  add(fault: Partial<AuditFault> & Pick<AuditFault, 'kind' | 'where' | 'detail'>): void;
  readonly told: AuditFault[];
  readonly count: number;
}

export function createFaults(): Faults {
  const told: AuditFault[] = [];
  let count = 0;
  return {
    add(fault) {
      count += 1;
      const nothing = { chainId: null, sequence: null, toSequence: null, entryId: null };
      if (told.length < faultsToldMax) told.push({ ...nothing, ...fault });
    },
    told,
    get count() {
      return count;
    },
  };
}
