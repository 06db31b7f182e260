import type { Supervision } from '../../contract/supervisions.ts';
import type { SharedEntries } from '../../ports/cluster.ts';
import type { LiveSupervisions } from '../../ports/domain.ts';

/** Supervisors remembered of supervisions that are over: a call's record may come after. */
const remembersMax = 10_000;

export interface SharedSupervisions extends LiveSupervisions {
  /** Who supervises, or did; undefined for one that was never heard of, or is long over. */
  supervisorOf(id: string): string | undefined;
  /** The person supervises on a PBX of another server. */
  isBusyElsewhere(personId: string): boolean;
}

/**
 * The supervisions of all servers as one: this server's own, told to the others, and theirs. `onLeave` tells of one that
 * another server goes on with.
 */
export function shareSupervisions(
  local: LiveSupervisions,
  entries: SharedEntries<Supervision>,
  onLeave: (listener: (supervision: Supervision) => void) => void,
): SharedSupervisions {
  const listeners = new Set<(supervision: Supervision) => void>();
  const told = new Map<string, Supervision>();
  const supervisors = new Map<string, string>();
  const tell = (supervision: Supervision): void => {
    for (const listener of listeners) listener(supervision);
  };

  function isLocal(id: string): boolean {
    return local.all().some((one) => one.id === id);
  }
  /** Of others, and not at the same time ours: the one that is just coming here. */
  function far(): Supervision[] {
    const ours = new Set(local.all().map(({ id }) => id));
    return [...entries.others()].map(([, one]) => one).filter(({ id }) => !ours.has(id));
  }
  const all = (): Supervision[] => [...local.all(), ...far()];

  local.onChange((supervision) => {
    if (supervision.state === 'ended') entries.delete(supervision.id);
    else entries.set(supervision.id, supervision);
    tell(supervision);
  });
  onLeave((supervision) => {
    entries.delete(supervision.id);
    if (!entries.other(supervision.id)) tell(over(supervision));
  });
  entries.onChange((id) => {
    const now = entries.other(id);
    if (now) {
      told.set(id, now);
      remember(supervisors, id, now.by.id);
    }
    if (isLocal(id)) return;
    const before = told.get(id);
    if (now) tell(now);
    else if (before) {
      told.delete(id);
      tell(over(before));
    }
  });

  return {
    all,
    ofAgent: (agentId) => all().filter((one) => one.agentId === agentId),
    bySupervisor: (personId) => all().find(({ by }) => by.id === personId),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    supervisorOf: (id) => supervisors.get(id),
    isBusyElsewhere: (personId) => far().some(({ by }) => by.id === personId),
  };
}

/** As far as is known here; the server that goes on with it, or ended it, has written how it is. */
const over = (supervision: Supervision): Supervision => ({
  ...supervision,
  state: 'ended',
  endedAt: supervision.endedAt ?? new Date().toISOString(),
  endedBecause: supervision.endedBecause ?? 'lost',
});

function remember(map: Map<string, string>, key: string, value: string): void {
  map.set(key, value);
  if (map.size > remembersMax) map.delete(map.keys().next().value!);
}
