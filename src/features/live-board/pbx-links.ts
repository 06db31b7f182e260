import type { LivePbx } from '../../contract/live.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';

export interface PbxLinksOptions {
  /** The PBXs to show from the start, before they have said anything. */
  pbxs: readonly { name: string; amiConfigured: boolean }[];
  /** How old the membership of a queue may be while AMI does not push it. */
  queueMembershipMaxAgeMs: number;
  nowMs: number;
}

/** What the panel says of its own truth, PBX by PBX. */
export interface PbxLinks {
  /** Takes a fact; true when it changed what is shown. */
  apply(fact: TelephonyFact): boolean;
  all(): LivePbx[];
}

export function createPbxLinks(options: PbxLinksOptions): PbxLinks {
  const links = new Map<string, LivePbx>();
  const ensure = (name: string): LivePbx => {
    const link = links.get(name) ?? unheardOf(name, options);
    links.set(name, link);
    return link;
  };
  for (const { name } of options.pbxs) ensure(name);

  function set(name: string, change: Partial<LivePbx>): boolean {
    const before = ensure(name);
    const now = { ...before, ...change };
    links.set(name, now);
    return JSON.stringify(before) !== JSON.stringify(now);
  }
  function setState(fact: TelephonyFact, state: LivePbx['state'], detail: string | null): boolean {
    const before = ensure(fact.pbx);
    const since = before.state === state ? before.since : new Date(fact.atMs).toISOString();
    return set(fact.pbx, { state, detail, since });
  }

  return {
    apply(fact) {
      switch (fact.kind) {
        case 'pbx-connected':
          return setState(fact, 'connected', null);
        case 'pbx-lost':
          return setState(fact, fact.why, fact.detail || null);
        case 'pbx-commands':
          return set(fact.pbx, { commandsAnswered: fact.answers });
        case 'ami-connected':
          return set(fact.pbx, { ami: 'connected', queueMembershipMaxAgeMs: null });
        case 'ami-lost': {
          const { queueMembershipMaxAgeMs } = options;
          return set(fact.pbx, { ami: 'disconnected', queueMembershipMaxAgeMs });
        }
        default:
          return false;
      }
    },
    all: () => [...links.values()],
  };
}

const unheardOf = (name: string, options: PbxLinksOptions): LivePbx => ({
  name,
  state: 'disconnected',
  since: new Date(options.nowMs).toISOString(),
  detail: null,
  commandsAnswered: true,
  ami: options.pbxs.find((pbx) => pbx.name === name)?.amiConfigured ? 'disconnected' : 'not-configured',
  queueMembershipMaxAgeMs: options.queueMembershipMaxAgeMs,
});
