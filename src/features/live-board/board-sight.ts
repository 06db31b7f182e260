import type { Call } from '../../contract/calls.ts';
import type { OutsideListening } from '../../contract/outside-listenings.ts';
import { queueKey } from '../../contract/queues.ts';
import type {
  CallMarks,
  LiveCalls,
  LiveSupervisions,
  OutsideListenings,
  PeopleDirectory,
} from '../../ports/domain.ts';
import type { LiveShift, LiveThresholds, StorageState } from '../../ports/live.ts';
import type { PbxLinks } from './pbx-links.ts';
import { partsOf } from './scope.ts';
import type { Sight, SightedCall, Touched } from './scope-rows.ts';

export interface BoardSight extends Sight {
  onTouched(listener: () => void): () => void;
  /** What changed since the last call. `resighted`: who sees what may have changed, so that all is to be looked at. */
  takeTouched(): Touched & { resighted: boolean };
  /** All there is, and what was told before (it may be gone). */
  everything(told: Touched): Touched;
  touchPbxs(): void;
}

/** The whole board as it is now, and a note of what changed on it. */
export function createBoardSight(deps: {
  shift: LiveShift;
  calls: LiveCalls;
  supervisions: LiveSupervisions;
  directory: PeopleDirectory;
  links: PbxLinks;
  thresholds: LiveThresholds;
  marks: CallMarks;
  outside: OutsideListenings;
  storage?: StorageState | undefined;
}): BoardSight {
  const { shift, calls, supervisions, directory, links, thresholds, marks, outside } = deps;
  /** A new object for each version of a call, which tells one version from the next. */
  const sighted = (call: Call): SightedCall => {
    const said = marks.of(call.id);
    return { call: said.length > 0 ? { ...call, marks: said } : call, ...partsOf(call) };
  };
  const callsNow = new Map(calls.all().map((call) => [call.id, sighted(call)]));
  const queueTeams = new Map<string, string>();
  const supervisionsNow = new Map(supervisions.all().map((one) => [one.id, { supervision: one }]));
  const outsideNow = new Map<string, OutsideListening>(outside.all().map((one) => [one.id, one]));
  let touchedOutside = new Set<string>();
  let touchedCalls = new Set<string>();
  let touchedSupervisions = new Set<string>();
  let touchedPbxs = false;
  let touchedThresholds = false;
  let resighted = false;
  let listener = (): void => {};

  const stops = [
    shift.onDirty(() => listener()),
    thresholds.onChange(() => {
      touchedThresholds = true;
      listener();
    }),
    deps.storage?.onChange(() => {
      touchedPbxs = true;
      listener();
    }) ?? (() => {}),
    directory.onChange(() => {
      resighted = true;
      listener();
    }),
    calls.onChange(({ call, gone }) => {
      if (gone) callsNow.delete(call.id);
      else callsNow.set(call.id, sighted(call));
      touchedCalls.add(call.id);
      listener();
    }),
    marks.onChange((callId) => {
      const call = calls.byId(callId);
      if (!call || !callsNow.has(callId)) return;
      callsNow.set(callId, sighted(call));
      touchedCalls.add(callId);
      listener();
    }),
    supervisions.onChange((supervision) => {
      if (supervision.state === 'ended') supervisionsNow.delete(supervision.id);
      else supervisionsNow.set(supervision.id, { supervision });
      touchedSupervisions.add(supervision.id);
      listener();
    }),
    outside.onChange((one, gone) => {
      if (gone) outsideNow.delete(one.id);
      else outsideNow.set(one.id, one);
      touchedOutside.add(one.id);
      listener();
    }),
  ];

  /** Calls are seen by the teams of their queues: when those change, sight does. */
  function noteQueueTeams(keys: Iterable<string>): void {
    for (const key of keys) {
      const teams = shift.queue(key)?.teamIds.join() ?? '';
      if (queueTeams.get(key) === teams) continue;
      queueTeams.set(key, teams);
      resighted = true;
    }
  }

  return {
    agent: (id) => shift.agent(id),
    queue: (key) => shift.queue(key),
    call: (id) => callsNow.get(id),
    supervision: (id) => supervisionsNow.get(id),
    outsideListening: (id) => outsideNow.get(id),
    pbxs: () => links.all(),
    storage: () => deps.storage?.current(),
    thresholds: () => thresholds.current(),
    teamIdsOf: (personId) => directory.byId(personId)?.teams.map((team) => team.id) ?? [],
    onTouched(given) {
      listener = given;
      return () => {
        for (const stop of stops) stop();
      };
    },
    takeTouched() {
      const { agents, queues } = shift.takeChanges();
      noteQueueTeams(queues);
      const taken = {
        agents,
        queues,
        calls: touchedCalls,
        supervisions: touchedSupervisions,
        outsideListenings: touchedOutside,
        pbxs: touchedPbxs,
        thresholds: touchedThresholds,
        resighted,
      };
      touchedCalls = new Set();
      touchedSupervisions = new Set();
      touchedOutside = new Set();
      touchedPbxs = false;
      touchedThresholds = false;
      resighted = false;
      return taken;
    },
    everything: (told) => ({
      agents: new Set([...told.agents, ...[...shift.agents()].map(({ row }) => row.id)]),
      queues: new Set([...told.queues, ...[...shift.queues()].map(({ row }) => queueKey(row.pbx, row.id))]),
      calls: new Set([...told.calls, ...callsNow.keys()]),
      supervisions: new Set([...told.supervisions, ...supervisionsNow.keys()]),
      outsideListenings: new Set([...told.outsideListenings, ...outsideNow.keys()]),
      pbxs: false,
      thresholds: false,
    }),
    touchPbxs() {
      touchedPbxs = true;
      listener();
    },
  };
}
