import type { DeviceLeg, Person } from '../../ports/domain.ts';
import type { FoldedCall } from './call-fold.ts';
import { technologyOf } from './channel-name.ts';
import type { LegView } from './leg-view.ts';
import type { Scene } from './scene.ts';
import { isInside, type People, personOf } from './whose-leg.ts';

/**
 * Living legs of devices inside the house, with the call each is in: the call whose customer or caller it talks with
 * now, else the call it was dialled for, else its own. An AgentLogin line is in a call only while it talks.
 */
export function deviceLegsOf(scene: Scene, calls: readonly FoldedCall[], people: People): DeviceLeg[] {
  const found: { row: DeviceLeg; leg: LegView }[] = [];
  for (const leg of scene.legs.values()) {
    if (leg.end || leg.local) continue;
    const person = personOf(scene, leg, people);
    if (!isInside(leg, person)) continue;
    const place = placeOf(leg, calls);
    const state = place && stateOf(leg, place);
    if (!place || !state) continue;
    found.push({ leg, row: { ...rowOf(scene, leg, place, state), device: deviceNameOf(leg, person) } });
  }
  for (const { row } of found) {
    row.certain =
      found.filter(
        (other) =>
          other.row.device === row.device && other.row.callId === row.callId && other.row.state !== 'ringing',
      ).length <= 1;
  }
  return found.map(({ row }) => row);
}

/** Whom it talks with, when that is one person, in an ordinary bridge: null in a conference, and once it was taken over. */
function farEndOf(scene: Scene, leg: LegView, { contacts, subject }: FoldedCall): LegView | null {
  const now = contacts.filter(({ to }) => to === Number.POSITIVE_INFINITY);
  const [only] = now;
  if (!only || now.length > 1 || only.stay.kind !== 'mixing') return null;
  const talker = subject.spans.find(({ leg: one, to }) => to === Number.POSITIVE_INFINITY && !one.end)?.leg;
  const far = only.leg === leg ? talker : talker === leg ? only.leg : null;
  if (!far || far === leg || far.end || far.local || leg.isOwn) return null;
  const isAlone = scene.contactsOf(leg, { from: only.from, to: Number.POSITIVE_INFINITY });
  const others = isAlone.filter(({ to }) => to === Number.POSITIVE_INFINITY);
  return others.length === 1 && others[0]!.leg === far ? far : null;
}

/** The name under which the owner has it: an outside number of a person is reached through a trunk's channel. */
function deviceNameOf(leg: LegView, person: Person | null): string {
  if (!person || person.devices.includes(leg.device)) return leg.device;
  const dialled = `${technologyOf(leg.channel)}/${leg.dial?.dialString ?? ''}`;
  return person.devices.includes(dialled) ? dialled : (person.devices[0] ?? leg.device);
}

interface Place {
  folded: FoldedCall;
  /** Since when it talks with the call's subject, null while it does not. */
  talkingSinceMs: number | null;
}

function placeOf(leg: LegView, calls: readonly FoldedCall[]): Place | null {
  for (const folded of calls) {
    const now = folded.contacts.find((one) => one.leg === leg && one.to === Number.POSITIVE_INFINITY);
    if (now) return { folded, talkingSinceMs: now.from };
  }
  const own = calls.find(
    ({ subject, root }) => root === leg || subject.spans.some((span) => span.leg === leg),
  );
  const folded = own ?? calls.find(({ legs }) => legs.includes(leg));
  if (!folded) return null;
  if (leg.steps.some(({ app }) => app === 'AgentLogin')) return null;
  const talk = own?.contacts.find(({ to }) => to === Number.POSITIVE_INFINITY);
  return { folded, talkingSinceMs: talk?.from ?? null };
}

function stateOf(leg: LegView, place: Place): DeviceLeg['state'] | null {
  if (leg.holds.at(-1)?.to === Number.POSITIVE_INFINITY) return 'on-hold';
  if (place.talkingSinceMs !== null && place.folded.call.phase === 'on-hold') return 'on-hold';
  if (leg.upAtMs !== null || place.folded.root === leg) {
    return leg.upAtMs === null && leg.dial ? (leg.ringingAtMs === null ? null : 'ringing') : 'talking';
  }
  return leg.ringingAtMs === null ? null : 'ringing';
}

function rowOf(
  scene: Scene,
  leg: LegView,
  { folded, talkingSinceMs }: Place,
  state: DeviceLeg['state'],
): DeviceLeg {
  const { call } = folded;
  const held = leg.holds.at(-1);
  const sinceMs =
    state === 'ringing'
      ? (leg.ringingAtMs ?? leg.createdAtMs)
      : state === 'on-hold' && held
        ? held.from
        : (talkingSinceMs ?? leg.upAtMs ?? leg.createdAtMs);
  const other = call.customer ?? (folded.root === leg ? call.callee : call.caller);
  const far = farEndOf(scene, leg, folded);
  return {
    pbx: scene.pbx,
    uniqueId: leg.uniqueId,
    channel: leg.channel,
    device: leg.device,
    callId: call.id,
    state,
    sinceMs,
    direction: call.direction,
    queue: call.queue,
    with: { number: other.number, name: other.name },
    takeable: far !== null && call.phase !== 'parked',
    other: far && { uniqueId: far.uniqueId, channel: far.channel },
    certain: true,
  };
}
