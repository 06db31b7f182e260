import type { Messages } from '../fr/index.ts';
import { admin } from './admin.ts';
import { agentPage } from './agent-page.ts';
import { alerts } from './alerts.ts';
import { audit } from './audit.ts';
import { calls } from './calls.ts';
import { chat } from './chat.ts';
import { common } from './common.ts';
import { control } from './control.ts';
import { errors } from './errors.ts';
import { live } from './live.ts';
import { phone } from './phone.ts';
import { policy } from './policy.ts';
import { screens } from './screens.ts';
import { supervision } from './supervision.ts';

export const en: Messages = {
  ...common,
  ...live,
  ...supervision,
  ...calls,
  ...admin,
  ...errors,
  ...alerts,
  ...control,
  ...agentPage,
  ...phone,
  ...chat,
  ...screens,
  ...policy,
  ...audit,
};
