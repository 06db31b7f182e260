import type { Database } from '../../database/database.ts';
import type { PeopleDirectory, Person } from '../../ports/domain.ts';
import { isDialplanAddress, numberOf } from './device-address.ts';
import { peopleFingerprint, readPeople } from './people.repository.ts';

export interface RefreshedDirectory extends PeopleDirectory {
  /** Reads the people again; listeners hear of it when somebody changed. */
  refresh(): Promise<void>;
  /** The same, when something was written since, by whichever process. */
  refreshIfChanged(): Promise<void>;
}

/** The people in memory. Empty until the first `refresh`. */
export function createPeopleDirectory({ db }: { db: Database }): RefreshedDirectory {
  const listeners = new Set<() => void>();
  let index = indexOf([]);
  let last = '[]';
  let fingerprint = '';
  let running: Promise<void> | null = null;
  let queued: Promise<void> | null = null;

  async function read(): Promise<void> {
    const people = await readPeople(db);
    const now = JSON.stringify(people);
    if (now === last) return;
    last = now;
    index = indexOf(people);
    for (const listener of listeners) listener();
  }

  function start(): Promise<void> {
    running = read().finally(() => {
      running = null;
    });
    return running;
  }

  /** One reading at a time; who asks while one runs gets the next, which sees his write. */
  function refresh(): Promise<void> {
    if (queued) return queued;
    if (!running) return start();
    queued = running
      .catch(() => {})
      .then(() => {
        queued = null;
        return start();
      });
    return queued;
  }

  async function refreshIfChanged(): Promise<void> {
    const now = await peopleFingerprint(db);
    if (now === fingerprint) return;
    await refresh();
    fingerprint = now;
  }

  return {
    refresh,
    refreshIfChanged,
    byId: (id) => index.byId.get(id),
    byDevice: (pbx, device) => index.byDevice.get(key(pbx, device)),
    byInterface: (pbx, queueInterface, stateInterface) =>
      ownerOf(index, pbx, queueInterface) ??
      (stateInterface ? ownerOf(index, pbx, stateInterface) : undefined),
    all: () => index.people,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Index = ReturnType<typeof indexOf>;
const key = (pbx: string, name: string): string => `${pbx}\n${name}`;

function ownerOf(index: Index, pbx: string, address: string): Person | undefined {
  const exact = index.byInterface.get(key(pbx, address)) ?? index.byDevice.get(key(pbx, address));
  if (exact) return exact;
  if (!isDialplanAddress(address) && !/^Agent[:/]/i.test(address)) return undefined;
  const number = key(pbx, numberOf(address));
  return index.byNumber.get(number) ?? index.byInterfaceNumber.get(number) ?? undefined;
}

function indexOf(people: readonly Person[]) {
  const byId = new Map<string, Person>();
  const byDevice = new Map<string, Person>();
  const byInterface = new Map<string, Person>();
  const byNumber = new Map<string, Person | null>();
  const byInterfaceNumber = new Map<string, Person | null>();
  for (const person of people) {
    byId.set(person.id, person);
    for (const device of person.devices) {
      byDevice.set(key(person.pbx, device), person);
      claim(byNumber, key(person.pbx, numberOf(device)), person);
    }
    for (const name of person.interfaces) {
      byInterface.set(key(person.pbx, name), person);
      claim(byInterfaceNumber, key(person.pbx, numberOf(name)), person);
    }
  }
  return { people, byId, byDevice, byInterface, byNumber, byInterfaceNumber };
}

/** A number that two people share leads to neither: never guess. */
function claim(numbers: Map<string, Person | null>, number: string, person: Person): void {
  const holder = numbers.get(number);
  numbers.set(number, holder === undefined || holder === person ? person : null);
}
