import type { Call } from '../../contract/calls.ts';
import type { LiveQueue } from '../../contract/live.ts';
import { type Queue, queueKey } from '../../contract/queues.ts';
import type { LiveCalls, PeopleDirectory } from '../../ports/domain.ts';
import type { AgentView, QueueView } from '../../ports/live.ts';
import type { DevicePresence } from './device-presence.ts';
import type { Membership, Memberships } from './memberships.ts';
import { createQueueDay } from './queue-day.ts';

export const serviceLevelTargetDefaultMs = 20_000;
/** A PBX that names more queues than this has something wrong; the rest is not shown. */
const queuesMax = 2_000;

export interface LiveQueuesDeps {
  directory: PeopleDirectory;
  calls: LiveCalls;
  devices: DevicePresence;
  memberships: Memberships;
  agent(id: string): AgentView | undefined;
  onDirty(): void;
  /** A PBX named a queue that was not known. */
  onSeen(pbx: string, queue: string): void;
}
export interface QueueRef {
  pbx: string;
  queue: string;
}
interface Entry {
  config: Queue;
  /** Since when each waiting call is in the queue. */
  waiting: Map<string, string>;
  view: QueueView | null;
  asText: string;
}

/** Every queue's row, recomputed only for those something happened in. */
export function createLiveQueues(deps: LiveQueuesDeps) {
  const { calls } = deps;
  const entries = new Map<string, Entry>();
  const day = createQueueDay(
    (key) => entries.get(key)?.config.serviceLevelTargetMs ?? serviceLevelTargetDefaultMs,
  );
  const dirty = new Set<string>();
  const waitingIn = new Map<string, readonly string[]>();
  let changed = new Set<string>();

  function ensure({ pbx, queue }: QueueRef): Entry | undefined {
    const key = queueKey(pbx, queue);
    const known = entries.get(key);
    if (known || queue === '' || entries.size >= queuesMax) return known;
    const entry = { config: seenQueue(pbx, queue), waiting: new Map(), view: null, asText: '' };
    entries.set(key, entry);
    deps.onSeen(pbx, queue);
    return entry;
  }

  function touchKeys(keys: Iterable<string>): void {
    for (const key of keys) {
      if (dirty.has(key) || !entries.has(key)) continue;
      dirty.add(key);
      deps.onDirty();
    }
  }
  function touch(queues: Iterable<QueueRef>): void {
    for (const queue of queues) if (ensure(queue)) touchKeys([queueKey(queue.pbx, queue.queue)]);
  }

  function onCall(call: Call, gone: boolean): void {
    const open = gone ? [] : call.queueVisits.filter((visit) => visit.to === null);
    const before = waitingIn.get(call.id) ?? [];
    const { pbx } = call;
    for (const key of before) entries.get(key)?.waiting.delete(call.id);
    for (const { queue, from } of open) ensure({ pbx, queue })?.waiting.set(call.id, from);
    const now = open.map(({ queue }) => queueKey(pbx, queue));
    if (now.length > 0) waitingIn.set(call.id, now);
    else waitingIn.delete(call.id);
    touchKeys(before);
    touchKeys(now);
    for (const { queue } of call.queueVisits) ensure({ pbx, queue });
    touchKeys(day.take(call));
  }

  function settle(): void {
    for (const key of dirty) {
      const entry = entries.get(key);
      if (!entry) continue;
      const view = viewOf(entry);
      const asText = JSON.stringify(view);
      if (asText === entry.asText) continue;
      entry.asText = asText;
      entry.view = view;
      changed.add(key);
    }
    dirty.clear();
  }

  function viewOf({ config, waiting }: Entry): QueueView {
    const figures = day.figures(queueKey(config.pbx, config.id));
    const row: LiveQueue = {
      pbx: config.pbx,
      id: config.id,
      name: config.name,
      waiting: waiting.size,
      longestWaitSince: [...waiting.values()].sort()[0] ?? null,
      ...countMembers(deps, deps.memberships.ofQueue(config.pbx, config.id)),
      answeredToday: figures.answered,
      abandonedToday: figures.abandoned,
      serviceLevelToday: figures.finished === 0 ? null : figures.answeredInTime / figures.finished,
      serviceLevelTargetMs: config.serviceLevelTargetMs,
    };
    return { row, teamIds: config.teams.map((team) => team.id) };
  }

  for (const call of calls.all()) onCall(call, false);
  const stop = calls.onChange(({ call, gone }) => onCall(call, gone));

  return {
    touch,
    settle,
    stop,
    touchAll: () => touchKeys([...entries.keys()]),
    /** What an administrator set, read again from the database. */
    configure(configs: readonly Queue[]): void {
      for (const config of configs) {
        const key = queueKey(config.pbx, config.id);
        const entry = entries.get(key);
        if (entry) entry.config = config;
        else entries.set(key, { config, waiting: new Map(), view: null, asText: '' });
      }
      touchKeys(configs.map((config) => queueKey(config.pbx, config.id)));
    },
    day,
    namesOf: (pbx: string): string[] =>
      [...entries.values()].filter(({ config }) => config.pbx === pbx).map(({ config }) => config.id),
    all: (): QueueView[] => [...entries.values()].flatMap((entry) => entry.view ?? []),
    get: (key: string): QueueView | undefined => entries.get(key)?.view ?? undefined,
    takeChanged(): ReadonlySet<string> {
      const taken = changed;
      changed = new Set();
      return taken;
    },
  };
}

const seenQueue = (pbx: string, id: string): Queue => ({
  id,
  pbx,
  name: id,
  teams: [],
  serviceLevelTargetMs: serviceLevelTargetDefaultMs,
  origin: 'seen',
});

/** Counts people, not interfaces: who is a member by two phones is one agent. */
function countMembers(
  { directory, devices, agent }: LiveQueuesDeps,
  members: readonly Membership[],
): Pick<LiveQueue, 'agentsTotal' | 'agentsFree' | 'agentsPaused'> {
  const byWhom = Map.groupBy(
    members,
    (member) =>
      directory.byInterface(member.pbx, member.interface, member.stateInterface)?.id ?? member.interface,
  );
  const isFree = (whom: string, member: Membership): boolean => {
    const view = agent(whom);
    if (view) return view.row.state === 'available';
    return devices.isFree(member.pbx, member.stateInterface ?? member.interface);
  };
  let [agentsFree, agentsPaused] = [0, 0];
  for (const [whom, own] of byWhom) {
    const active = own.filter((member) => !member.paused);
    if (active.length === 0) agentsPaused += 1;
    else if (active.some((member) => isFree(whom, member))) agentsFree += 1;
  }
  return { agentsTotal: byWhom.size, agentsFree, agentsPaused };
}
