import { v5 } from 'uuid';
import type { PeopleDirectory, Person } from '../../src/ports/domain.ts';
import type { Log } from '../../src/ports/log.ts';

/** Says what must not happen, and nothing else. */
export const quietLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error(fields, message) {
    console.error(message, fields);
  },
  child: () => quietLog,
};

const namespace = '5b7f1f3c-6b1e-4f5e-9d5c-0d3f6f0a9c11';

/** A directory of people with ids made from their names. */
export function peopleOf(given: readonly Partial<Person>[]): PeopleDirectory {
  const people = given.map((one): Person => {
    const name = one.name ?? 'Somebody';
    return {
      id: v5(name, namespace),
      login: null,
      name,
      publicName: null,
      roles: ['agent'],
      teams: [],
      pbx: 'main',
      devices: [],
      interfaces: [],
      ...one,
    };
  });
  return {
    byId: (id) => people.find((person) => person.id === id),
    byDevice: (_pbx, device) => people.find((person) => person.devices.includes(device)),
    byInterface: (_pbx, wire) =>
      people.find((person) =>
        person.interfaces.some((one) => one.replace(/\/n$/, '') === wire.replace(/\/n$/, '')),
      ),
    all: () => people,
    onChange: () => () => {},
  };
}
