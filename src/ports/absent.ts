import { defaultPolicy } from '../contract/policy.ts';
import type {
  BrowserPhones,
  CallMarks,
  HelpRequests,
  ListeningPolicy,
  OutsideListenings,
  ScreenSharing,
} from './domain.ts';
import { noTrunks, type Trunks } from './trunks.ts';

/** What a live part is told where nothing of the kind is wired: no policy but the default, no screen, no help, no browser phone, no trunk. */
export interface AgentTies {
  policy: ListeningPolicy;
  marks: CallMarks;
  screens: ScreenSharing;
  help: HelpRequests;
  browserPhones: BrowserPhones;
  outside: OutsideListenings;
  trunks: Trunks;
}

const never = () => () => {};
export const noTies: AgentTies = {
  policy: {
    current: () => defaultPolicy,
    agentProtectedBy: () => null,
    callProtectedBy: () => null,
    withheldFrom: () => new Map(),
    onChange: never,
  },
  marks: { of: () => [], onChange: never },
  screens: { of: () => ({ state: 'off', watchedBy: [] }), onChange: never },
  help: { of: () => null, onChange: never },
  browserPhones: { deviceOf: () => null, onChange: never },
  outside: { all: () => [], onChange: never },
  trunks: noTrunks,
};
