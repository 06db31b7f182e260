import type { PbxConfig } from './pbx-config.ts';
import { createPbxSource, type PbxSource, type PbxSourceDeps } from './pbx-source.ts';
import type { TelephonyFact } from './ports/telephony-facts.ts';

/** Every configured PBX. Each lives for itself: one that fails says so and keeps nothing from the others. */
export interface PbxSources {
  /** In the order of the settings. */
  readonly names: readonly string[];
  readonly all: readonly PbxSource[];
  /** Undefined for a PBX that is not configured. */
  of(name: string): PbxSource | undefined;
  /** Each was connected or has said why not: the server has looked. */
  wereTried(): boolean;
  /** Begins to read them all at once. Settles when each has begun, connected or not. */
  start(onFact: (fact: TelephonyFact) => void): Promise<void>;
  stop(): Promise<void>;
}

/** `create` makes each: another one where servers share them. */
export function createPbxSources(
  configs: readonly PbxConfig[],
  deps: PbxSourceDeps,
  create: (config: PbxConfig, deps: PbxSourceDeps) => PbxSource = createPbxSource,
): PbxSources {
  const sources = new Map(configs.map((config) => [config.name, create(config, deps)]));
  const all = [...sources.values()];
  return {
    names: configs.map(({ name }) => name),
    all,
    of: (name) => sources.get(name),
    wereTried: () => all.every((source) => source.wasTried()),
    async start(onFact) {
      await Promise.all(
        all.map((source) =>
          source
            .start(onFact)
            .catch((error: unknown) =>
              deps.log.error({ err: error, pbx: source.name }, 'a PBX could not be read at all'),
            ),
        ),
      );
    },
    async stop() {
      await Promise.all(all.map((source) => source.stop()));
    },
  };
}
