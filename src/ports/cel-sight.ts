/** What a PBX says of its own journal, '' where a file does not say. */
export interface CelSight {
  enable: string;
  events: string;
  apps: string;
  /** Modules of Asterisk that are running. */
  modules: readonly string[];
}
