import type { ServerNotes, SharedEntries } from '../../ports/cluster.ts';
import type { Log } from '../../ports/log.ts';
import { type Member, Members } from './members.ts';
import { closeRedis, connectRedis, type RedisKeys, type RedisLink } from './redis-link.ts';

export const beatEveryMs = 500;
/** A server that is not heard for so long is gone, with all it let others know. */
export const goneAfterMs = 2_500;

/** The servers of one installation, as each knows the others: who is there, what each lets the others know. */
export interface Circle {
  share<Value>(name: string): SharedEntries<Value>;
  notes: ServerNotes;
  /** Where that server is reached by the others; undefined when it is not there. */
  addressOf(serverId: string): string | undefined;
  /** The others that are there. */
  others(): readonly string[];
  start(address: string): void;
  stop(): Promise<void>;
}

type Message = { from: string; n: number } & (
  | { kind: 'beat'; address: string }
  /** `n` of the one who asks tells nothing. */
  | { kind: 'ask'; to: string }
  | { kind: 'whole'; address: string; entries: Record<string, [key: string, value: unknown][]> }
  | { kind: 'set'; name: string; key: string; value: unknown }
  | { kind: 'note'; topic: string; to: string | null; body: unknown }
  | { kind: 'bye' }
);
type Said = Message extends infer One ? (One extends unknown ? Omit<One, 'from' | 'n'> : never) : never;

export function createCircle(deps: {
  redis: RedisLink;
  url: string;
  keys: RedisKeys;
  serverId: string;
  log: Log;
}): Circle {
  const { redis, keys, serverId, log } = deps;
  const own = new Map<string, Map<string, unknown>>();
  const members = new Members();
  const listeners = new Map<string, Set<(key: string) => void>>();
  const hearing = new Map<string, Set<(body: unknown, from: string) => void>>();
  let n = 0;
  let address = '';
  let subscriber: RedisLink | undefined;
  let timer: NodeJS.Timeout | undefined;

  function publish(said: Said): void {
    if (!subscriber) return;
    const counts = said.kind === 'set' || said.kind === 'note';
    if (counts) n += 1;
    const message = JSON.stringify({ from: serverId, n, ...said });
    // What is lost shows at the next beat by its number.
    redis.publish(keys.notes, message).catch(() => {});
  }
  const beat = () => publish({ kind: 'beat', address });
  const tellWhole = () => {
    const entries = Object.fromEntries([...own].map(([name, map]) => [name, [...map]]));
    publish({ kind: 'whole', address, entries });
  };

  function hear(text: string): void {
    const message = messageOf(text);
    if (!message || message.from === serverId) return;
    const member = members.of(message.from);
    member.heardAtMs = performance.now();
    switch (message.kind) {
      case 'ask':
        if (message.to === serverId) tellWhole();
        return;
      case 'bye':
        lose(member);
        return;
      case 'beat':
        member.address = message.address;
        if (message.n !== member.n) askWhole(member);
        return;
      case 'whole':
        Object.assign(member, { n: message.n, address: message.address });
        tell(members.replace(member, message.entries));
        return;
      case 'set':
        if (!inOrder(member, message.n)) return;
        tell([members.set(member, message.name, message.key, message.value)]);
        return;
      case 'note':
        // A note that finds its reader late is better than none.
        inOrder(member, message.n);
        if (message.to === null || message.to === serverId) note(message.topic, message.body, message.from);
        return;
      default:
        message satisfies never;
    }
  }

  function inOrder(member: Member, number: number): boolean {
    if (number === member.n + 1) {
      member.n = number;
      return true;
    }
    askWhole(member);
    return false;
  }
  function askWhole(member: Member): void {
    const nowMs = performance.now();
    if (nowMs - member.askedAtMs < beatEveryMs / 2) return;
    member.askedAtMs = nowMs;
    publish({ kind: 'ask', to: member.id });
  }

  function note(topic: string, body: unknown, from: string): void {
    for (const listener of hearing.get(topic) ?? []) safely(() => listener(body, from));
  }
  function tell(changes: readonly { name: string; key: string }[]): void {
    for (const { name, key } of changes)
      for (const listener of listeners.get(name) ?? []) safely(() => listener(key));
  }
  function safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      log.error({ err: error }, 'what another server said could not be taken');
    }
  }
  function lose(member: Member): void {
    log.info({ server: member.id, address: member.address }, 'Another server has gone');
    tell(members.remove(member));
  }
  function look(): void {
    const limitMs = performance.now() - goneAfterMs;
    for (const member of members.all()) if (member.heardAtMs < limitMs) lose(member);
    beat();
  }

  return {
    share<Value>(name: string): SharedEntries<Value> {
      const mine = new Map<string, unknown>();
      own.set(name, mine);
      return {
        set(key, value) {
          mine.set(key, value);
          publish({ kind: 'set', name, key, value });
        },
        delete(key) {
          if (mine.delete(key)) publish({ kind: 'set', name, key, value: null });
        },
        others: () => members.entries(name) as Iterable<[string, Value]>,
        other: (key) => members.find(name, key)?.value as Value | undefined,
        serverOf: (key) => members.find(name, key)?.server,
        onChange: (listener) => added(listeners, name, listener),
      };
    },
    notes: {
      send: (topic, body, to) => publish({ kind: 'note', topic, to: to ?? null, body }),
      on: (topic, listener) => added(hearing, topic, listener),
    },
    addressOf: (id) => members.known(id)?.address || undefined,
    others: () => members.all().map(({ id }) => id),
    start(at) {
      address = at;
      subscriber = connectRedis(deps.url, log, 'notes');
      subscriber.on('message', (_channel: string, text: string) => hear(text));
      const subscribe = () => {
        subscriber?.subscribe(keys.notes).then(
          // Who is there says so, and asks for what it does not know.
          () => tellWhole(),
          (error: unknown) => log.warn({ err: error }, 'The other servers cannot be heard yet'),
        );
      };
      subscriber.on('ready', subscribe);
      timer = setInterval(look, beatEveryMs).unref();
    },
    async stop() {
      clearInterval(timer);
      publish({ kind: 'bye' });
      // Behind it in the same connection: once this is answered, that was sent.
      await redis.ping().catch(() => {});
      if (subscriber) closeRedis(subscriber);
      subscriber = undefined;
    },
  };
}

function added<T>(map: Map<string, Set<T>>, name: string, one: T): () => void {
  const set = map.get(name) ?? new Set();
  map.set(name, set.add(one));
  return () => set.delete(one);
}

function messageOf(text: string): Message | null {
  try {
    const message = JSON.parse(text) as Message;
    return typeof message.from === 'string' && typeof message.n === 'number' ? message : null;
  } catch {
    return null;
  }
}
