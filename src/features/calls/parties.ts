import type { Call, Direction } from '../../contract/calls.ts';
import type { Person } from '../../ports/domain.ts';
import { numberDialled, resourceOf } from './channel-name.ts';
import { cleanText, textLimits, textOrNull } from './clean-text.ts';
import type { DialInVain } from './dials-in-vain.ts';
import type { LegView } from './leg-view.ts';

export interface Sides {
  caller: LegView;
  callerPerson: Person | null;
  /** The first who answered, else the first who was rung. */
  called: { leg: LegView; person: Person | null; inside: boolean } | null;
  /** Whom the dialplan wanted to dial, when nothing was registered there. */
  unreached: DialInVain | null;
  /** The customer's leg on outbound calls. */
  customer: LegView | null;
  direction: Direction;
  dialled: string | null;
}

const number = (text: string | null) => textOrNull(text, textLimits.number);
const name = (text: string | null) => textOrNull(text, textLimits.name);

export function partiesOf(sides: Sides): Pick<Call, 'caller' | 'callee' | 'customer'> {
  const { callerPerson, called, unreached, direction, dialled } = sides;
  const calledPerson = called ? called.person : unreached?.person;
  const caller = {
    id: callerPerson?.id ?? null,
    number: number(sides.caller.caller.number),
    name: name(callerPerson?.name ?? sides.caller.caller.name),
  };
  const callee = {
    id: calledPerson?.id ?? null,
    number: called
      ? numberOf(called.leg, called.inside, dialled)
      : unreached
        ? number(resourceOf(unreached.device))
        : dialled,
    name: name(calledPerson?.name ?? (called?.inside ? called.leg.caller.name : null) ?? null),
    publicName: name(calledPerson?.publicName ?? null),
  };
  if (direction === 'internal') return { caller, callee, customer: null };
  if (direction === 'inbound') return { caller, callee, customer: { ...caller, id: null, nickname: null } };
  const away = sides.customer;
  const customer = {
    id: null,
    number: away === sides.caller ? caller.number : away ? numberOf(away, false, dialled) : dialled,
    name: away === sides.caller ? caller.name : null,
    nickname: null,
  };
  return { caller, callee, customer };
}

/** An extension's number is its name; an outside number is what was dialled for it. */
function numberOf(leg: LegView, inside: boolean, dialled: string | null): string | null {
  const resource = resourceOf(leg.device);
  if (inside && /^\d+$/.test(resource)) return number(resource);
  const asked = leg.dial ? numberDialled(leg.dial.dialString) : null;
  return asked ?? number(leg.caller.number) ?? dialled;
}

/** The number the caller asked for: where his leg entered the dialplan; after its own answer, if the PBX rang it first. */
export function dialledOf(root: LegView): string | null {
  const steps = root.dial ? root.steps.filter(({ app }) => app !== '' && app !== 'AppDial2') : root.steps;
  const entry = steps.find(({ exten }) => exten !== '' && exten !== 's');
  return entry ? textOrNull(cleanText(entry.exten, textLimits.number), textLimits.number) : null;
}
