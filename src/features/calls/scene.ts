import { isOwnId } from '../../ports/telephony.ts';
import { devicesAskedFor } from './channel-name.ts';
import type { Family } from './ledger.ts';
import type { Stay } from './leg-stays.ts';
import type { LegView } from './leg-view.ts';
import { common, type Span } from './spans.ts';

/** The legs of a family with what ties them, as `call-*.ts` look at them. */
export interface Scene {
  pbx: string;
  /** How many facts are known of the family. */
  factCount: number;
  legs: ReadonlyMap<string, LegView>;
  parentOf(leg: LegView): LegView | null;
  childrenOf(leg: LegView): readonly LegView[];
  /** The leg and everything dialled on its behalf, however far down. */
  treeOf(leg: LegView): LegView[];
  /** Real legs heard together with `leg` within `span`, through bridges and Local wires. */
  contactsOf(leg: LegView, span: Span): Contact[];
  /** Stands for the leg that dialled the others and was over before anybody looked. */
  standIn: LegView | null;
  membersOf(bridgeId: string): readonly { leg: LegView; stay: Stay }[];
}
export interface Contact extends Span {
  leg: LegView;
  /** The stay of the leg that looked, by which the contact came about. */
  stay: Stay;
}

const byTime = (a: Contact, b: Contact): number =>
  a.from - b.from || a.to - b.to || (a.leg.uniqueId < b.leg.uniqueId ? -1 : 1);

/** A wire of Local channels longer than that is a loop. */
const wireLengthMax = 20;

export function sceneOf(family: Family): Scene {
  const views: LegView[] = [];
  let factCount = 0;
  for (const [uniqueId, leg] of family.legs) {
    const { view } = leg;
    factCount += leg.facts.length;
    if (view.known && !view.isTool && (view.isOwn || !isOwnId(uniqueId))) views.push(view);
  }
  // In the order of their making, so that the order in which they were heard of leaves no trace in any list.
  views.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.uniqueId < b.uniqueId ? -1 : 1));
  const legs = new Map(views.map((view) => [view.uniqueId, view]));
  const halves = new Map<string, LegView>();
  const members = new Map<string, { leg: LegView; stay: Stay }[]>();
  for (const leg of legs.values()) {
    if (leg.local) halves.set(`${leg.local.pair};${leg.local.half}`, leg);
    for (const stay of leg.stays) {
      if (stay.kind === 'holding' || stay.kind === 'agent-pool') continue;
      const list = members.get(stay.bridgeId);
      if (list) list.push({ leg, stay });
      else members.set(stay.bridgeId, [{ leg, stay }]);
    }
  }
  const otherHalf = (leg: LegView): LegView | undefined =>
    leg.local ? halves.get(`${leg.local.pair};${leg.local.half === 1 ? 2 : 1}`) : undefined;
  const parents = new Map([...legs.values()].map((leg) => [leg, findParent(leg, legs, otherHalf)]));
  const standIn = standInFor(parents);
  const children = new Map<LegView, LegView[]>();
  for (const [leg, parent] of parents) {
    if (!parent) continue;
    const list = children.get(parent);
    if (list) list.push(leg);
    else children.set(parent, [leg]);
  }
  const none: never[] = [];
  const scene: Scene = {
    pbx: family.pbx,
    factCount,
    legs,
    standIn,
    parentOf: (leg) => parents.get(leg) ?? null,
    childrenOf: (leg) => children.get(leg) ?? none,
    treeOf: (leg) => treeOf(leg, (one) => children.get(one) ?? none),
    membersOf: (bridgeId) => members.get(bridgeId) ?? none,
    contactsOf(leg, span) {
      const out: Contact[] = [];
      reach(scene, otherHalf, { leg, span, origin: leg, via: null, out, passed: new Set([leg]) });
      return out.sort(byTime);
    },
  };
  return scene;
}

/**
 * Two who were dialled talk, and who dialled them had left before anybody looked (click to call through a Local channel that
 * the PBX optimised away): the first of them takes his place, and the others are his.
 */
function standInFor(parents: Map<LegView, LegView | null>): LegView | null {
  const parentless = [...parents].flatMap(([leg, parent]) => (parent ? [] : [leg]));
  const [first, ...others] = parentless.filter((leg) => !leg.local);
  const areAllDialled = parentless.every((leg) => leg.isOutgoing && !leg.beganSeen && !leg.isOwn);
  if (!first || !areAllDialled || first.stays.length === 0) return null;
  for (const leg of others) parents.set(leg, first);
  return first;
}

function findParent(
  leg: LegView,
  legs: ReadonlyMap<string, LegView>,
  otherHalf: (leg: LegView) => LegView | undefined,
): LegView | null {
  if (leg.dial?.by) {
    const dialler = legs.get(leg.dial.by);
    if (dialler && dialler !== leg) return dialler;
  }
  if (leg.local?.half === 2) {
    const first = otherHalf(leg);
    if (first) return first;
  }
  // Last resort, for dials nobody heard of and for wires the PBX makes by itself: the linked id at creation.
  const madeFor = leg.madeFor || (leg.isOutgoing || leg.local?.half === 1 ? leg.linkedId : '');
  if (madeFor !== '' && madeFor !== leg.uniqueId) {
    const first = legs.get(madeFor);
    if (first && first !== leg && first !== otherHalf(leg)) return diallerOf(leg, first, otherHalf(first));
  }
  return null;
}

/** Both halves of an originated wire may dial: who was dialled is the other half's when only that one's dialplan can have. */
function diallerOf(leg: LegView, first: LegView, far: LegView | undefined): LegView {
  if (!far || far === leg || dials(first, leg.device)) return first;
  return dials(far, leg.device) || (dials(far) && !dials(first)) ? far : first;
}

const diallingApps = new Set(['Dial', 'Queue']);

/** Whether its dialplan rang somebody; with a device, whether a Dial of it names that one. */
const dials = ({ steps }: LegView, device?: string): boolean =>
  steps.some(({ app, appData }) =>
    device === undefined
      ? diallingApps.has(app)
      : app === 'Dial' && devicesAskedFor(appData).includes(device),
  );

function treeOf(leg: LegView, childrenOf: (leg: LegView) => readonly LegView[]): LegView[] {
  const out = new Set([leg]);
  for (const one of out) for (const child of childrenOf(one)) out.add(child);
  return [...out];
}

interface Reach {
  leg: LegView;
  span: Span;
  origin: LegView;
  via: Stay | null;
  out: Contact[];
  passed: Set<LegView>;
}
function reach(scene: Scene, otherHalf: (leg: LegView) => LegView | undefined, from: Reach): void {
  if (from.passed.size > wireLengthMax) return;
  for (const stay of from.leg.stays) {
    const inside = common(stay, from.span);
    if (!inside) continue;
    const via = from.via ?? stay;
    for (const member of scene.membersOf(stay.bridgeId)) {
      if (member.leg === from.leg || member.leg === from.origin) continue;
      // Where a call was taken over, an agent who stays only hears: the customer talks with the supervisor.
      if (stay.kind === 'ours' && member.leg.isOwn === from.leg.isOwn) continue;
      const together = common(member.stay, inside);
      if (!together) continue;
      if (!member.leg.local) {
        from.out.push({ leg: member.leg, ...together, stay: via });
        continue;
      }
      const far = otherHalf(member.leg);
      if (!far || from.passed.has(far)) continue;
      reach(scene, otherHalf, {
        ...from,
        leg: far,
        span: together,
        via,
        passed: new Set(from.passed).add(member.leg).add(far),
      });
    }
  }
}
