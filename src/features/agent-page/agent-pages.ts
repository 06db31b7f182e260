import type { AgentPage, AgentPageChange } from '../../contract/agent-page.ts';
import { queueKey } from '../../contract/queues.ts';
import type { AgentTies } from '../../ports/absent.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LiveSupervisions, OfferedPauseReasons, OutsideListenings } from '../../ports/domain.ts';
import type { AgentPageFeed, AgentView, LiveShift } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { ownAgent } from './own-agent.ts';

export interface CreateAgentPages {
  shift: LiveShift;
  supervisions: LiveSupervisions;
  outside: OutsideListenings;
  policy: AgentTies['policy'];
  pauseReasons: OfferedPauseReasons;
  clock: Clock;
  log: Log;
}
type Parts = Omit<AgentPage, 'seq' | 'at'>;
type Part = keyof Parts;
interface Told {
  pages: number;
  seq: number;
  parts: Parts;
  /** The row the parts were made of, to see without effort that it is the same. */
  view: AgentView | undefined;
}

/** Gathers one call's facts into one change. */
const gatherMs = 20;

/** Numbers what changes for each agent whose own page is open. */
export function createAgentPages(deps: CreateAgentPages): AgentPageFeed & { stop(): void } {
  const { shift, supervisions, outside, policy, pauseReasons, clock, log } = deps;
  const told = new Map<string, Told>();
  const listeners = new Set<(personId: string, change: AgentPageChange) => void>();
  /** Whose page is to be looked at although his row is the same. */
  let touched = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  const at = (): string => new Date(clock.now()).toISOString();

  function partsOf(personId: string, view: AgentView | undefined): Parts {
    const now = policy.current();
    const queueName = (id: string): string => shift.queue(queueKey(view?.row.pbx ?? '', id))?.row.name ?? id;
    const hears = outside.all().filter(({ agent }) => agent?.id === personId);
    const of = { supervisions: supervisions.ofAgent(personId), outside: hears, policy: now, queueName };
    return {
      me: view ? ownAgent({ view, ...of }) : null,
      pauseReasons: [...pauseReasons.current()],
      mayMarkPrivate: now.agentsMayMarkPrivate,
    };
  }

  function flush(): void {
    timer = null;
    const looked = touched;
    touched = new Set();
    for (const [personId, page] of told) {
      const view = shift.agent(personId);
      if (view === page.view && !looked.has(personId)) continue;
      page.view = view;
      const parts = partsOf(personId, view);
      const changed = differences(page.parts, parts);
      page.parts = parts;
      if (Object.keys(changed).length === 0) continue;
      page.seq += 1;
      for (const listener of listeners) listener(personId, { seq: page.seq, at: at(), ...changed });
    }
  }
  function soon(): void {
    timer ??= setTimeout(() => {
      try {
        flush();
      } catch (error) {
        log.error({ err: error }, 'a change could not be told to an agent’s page');
      }
    }, gatherMs);
  }
  function touch(personIds: Iterable<string>): void {
    for (const personId of personIds) if (told.has(personId)) touched.add(personId);
    if (touched.size > 0) soon();
  }
  const touchAll = (): void => touch(told.keys());

  const stops = [
    shift.onDirty(soon),
    supervisions.onChange(({ agentId }) => touch([agentId])),
    outside.onChange(({ agent }) => touch(agent ? [agent.id] : [])),
    policy.onChange(touchAll),
    pauseReasons.onChange(touchAll),
  ];

  return {
    join(personId) {
      const page = told.get(personId);
      if (page) page.pages += 1;
      else {
        const view = shift.agent(personId);
        told.set(personId, { pages: 1, seq: 0, parts: partsOf(personId, view), view });
      }
    },
    leave(personId) {
      const page = told.get(personId);
      if (page && --page.pages === 0) told.delete(personId);
    },
    snapshot(personId) {
      const page = told.get(personId);
      if (!page) throw new TypeError('nobody has joined as this person');
      return { seq: page.seq, at: at(), ...page.parts };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      for (const stop of stops) stop();
      clearTimeout(timer ?? undefined);
    },
  };
}

/** The parts that are other than before. */
function differences(before: Parts, now: Parts): Partial<Parts> {
  const names = (Object.keys(now) as Part[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]),
  );
  return Object.fromEntries(names.map((name) => [name, now[name]]));
}
