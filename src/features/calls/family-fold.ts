import type { Direction } from '../../contract/calls.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import { type FoldedCall, foldCall, type Stay } from './call-fold.ts';
import { deviceLegsOf } from './device-legs.ts';
import type { Family } from './ledger.ts';
import type { LegView } from './leg-view.ts';
import { type Scene, sceneOf } from './scene.ts';
import {
  hangupSkewMs,
  legSpan,
  type Subject,
  throughCustomers,
  throughTransfers,
  wholeLeg,
} from './subject.ts';
import { isInside, type People, personOf } from './whose-leg.ts';

export interface FamilyFold {
  calls: FoldedCall[];
  deviceLegs: DeviceLeg[];
}

/** All calls of a family, and where its devices are in them. Pure: depends on the facts (as a set) and on who is who. */
export function foldFamily(family: Family, people: People): FamilyFold {
  const scene = sceneOf(family);
  const roots = [...scene.legs.values()].filter((leg) => isRoot(scene, leg));
  roots.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.uniqueId < b.uniqueId ? -1 : 1));
  const stays = staysOf(scene, roots, people);
  const calls = stays.filter((stay) => !onlyJoins(scene, stay)).map((stay) => foldCall(scene, stay, people));
  return { calls, deviceLegs: deviceLegsOf(scene, calls, people) };
}

/**
 * The first leg of a call: nobody dialled it. A Local wire is one only when it was made to bring people together (an
 * originate), not when the PBX lays it between people of calls there are already.
 */
function isRoot(scene: Scene, leg: LegView): boolean {
  if (leg === scene.standIn) return true;
  if (leg.isOwn || scene.parentOf(leg) || leg.isOutgoing || leg.dial?.by || !leg.hasBegun) return false;
  if (!leg.local) return true;
  if (leg.local.half === 2) return false;
  const tree = scene.treeOf(leg);
  const dialsSomebody = tree.some((one) => !one.local);
  return dialsSomebody && firstNeighbours(scene, leg).every((other) => tree.includes(other));
}

/** Whom the wire met where it was first plugged in: those it dialled itself, or people who were talking already. */
function firstNeighbours(scene: Scene, wire: LegView): LegView[] {
  const [first] = wire.stays;
  if (!first) return [];
  const untilMs = first.from + hangupSkewMs;
  const there = scene
    .membersOf(first.bridgeId)
    .filter(({ stay }) => stay.from <= untilMs && stay.to > first.from);
  return there.map(({ leg }) => leg);
}

/** Customers' stays are settled first: an internal call whose people have become part of one of those is over. */
function staysOf(scene: Scene, roots: readonly LegView[], people: People): Stay[] {
  const taken = new Set<LegView>();
  const stays = new Map<LegView, Stay>();
  for (const root of roots) {
    const stay = outsideStayOf(scene, root, people);
    if (!stay) continue;
    stays.set(root, stay);
    for (const { leg } of stay.subject.spans) taken.add(leg);
  }
  for (const root of roots) {
    if (stays.has(root)) continue;
    const caller = callerOf(scene, root);
    const subject = withStart(
      root,
      throughTransfers(scene, caller, (leg) => taken.has(leg)),
    );
    for (const { leg } of subject.spans) taken.add(leg);
    stays.set(root, { root, caller, direction: 'internal', subject, customer: null });
  }
  return roots.map((root) => stays.get(root)!);
}

/** A stay of somebody outside, null when everybody known so far is inside. */
function outsideStayOf(scene: Scene, root: LegView, people: People): Stay | null {
  const caller = callerOf(scene, root);
  const outbound: Direction = 'outbound';
  if (!inside(scene, caller, people)) {
    const direction = caller.dial ? outbound : 'inbound';
    return { root, caller, direction, subject: withStart(root, wholeLeg(caller)), customer: caller };
  }
  const outside = scene
    .treeOf(root)
    .filter((leg) => leg !== caller && !leg.local && !inside(scene, leg, people) && !rungByQueue(scene, leg));
  if (outside.length === 0 || !outsideCounts(scene, caller, outside)) return null;
  const subject = withStart(root, throughCustomers(scene, caller, outside));
  const customer = outside.includes(subject.last) ? subject.last : outside.at(-1)!;
  return { root, caller, direction: outbound, subject, customer };
}

/** A call to a colleague stays internal when a colleague answered it, wherever else it rang. */
function outsideCounts(scene: Scene, caller: LegView, outside: readonly LegView[]): boolean {
  const first = scene.contactsOf(caller, legSpan(caller))[0];
  return !first || outside.includes(first.leg) || !scene.treeOf(caller).includes(first.leg);
}

const inside = (scene: Scene, leg: LegView, people: People): boolean =>
  isInside(leg, personOf(scene, leg, people));

/** An originated wire's caller is whom its far end rang: the first who answered, else the first rung. */
function callerOf(scene: Scene, root: LegView): LegView {
  if (!root.local) return root;
  const far = scene.childrenOf(root).find((leg) => leg.local?.half === 2);
  const rung = far ? scene.treeOf(far).filter((leg) => !leg.local) : [];
  const answered = rung.filter(({ upAtMs }) => upAtMs !== null).sort((a, b) => a.upAtMs! - b.upAtMs!);
  return answered[0] ?? rung[0] ?? root;
}

/** An originated wire's stay begins with the wire. */
function withStart(root: LegView, subject: Subject): Subject {
  const first = subject.spans[0];
  if (first && root.local && first.from > root.createdAtMs)
    subject.spans.unshift({ leg: root, from: root.createdAtMs, to: first.from });
  return subject;
}

function rungByQueue(scene: Scene, leg: LegView): boolean {
  for (let one = scene.parentOf(leg), depth = 0; one && depth < 20; one = scene.parentOf(one), depth++) {
    const atMs = leg.dial?.atMs ?? leg.createdAtMs;
    if (one.steps.findLast((step) => step.atMs <= atMs)?.app === 'Queue') return true;
  }
  return false;
}

/** Applications by which a person joins somebody else's call, and the one that keeps an agent's line open. */
const joiningApps = new Set(['Pickup', 'PickupChan', 'ParkedCall']);

/** A leg that only served to join another call is a leg of that call; an AgentLogin line is an agent's post, not a call. */
function onlyJoins(scene: Scene, { root, direction }: Stay): boolean {
  if (direction !== 'internal') return false;
  if (root.steps.some(({ app }) => app === 'AgentLogin')) return true;
  if (!root.steps.some(({ app }) => joiningApps.has(app))) return false;
  if (root.end?.swapped) return true;
  const tree = new Set(scene.treeOf(root));
  return scene.contactsOf(root, legSpan(root)).some(({ leg }) => !tree.has(leg));
}
