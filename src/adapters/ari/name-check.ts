import { AriError, type AriSession } from '../../asterisk-ari-client/index.ts';
import { lossOfError, nameInUse, type PbxLoss } from './pbx-loss.ts';

/**
 * Whether the application's name is free. Asterisk forgets an application that subscribes to everything as soon as its
 * websocket closes, channels left in it notwithstanding: if it is there, a living server holds it. (The websocket of a
 * host that lost its power is held until Asterisk's next event to it fails.)
 */
export async function checkName(client: AriSession, app: string): Promise<PbxLoss | undefined> {
  try {
    await client.applications.get({ applicationName: app });
    return nameInUse(app);
  } catch (error) {
    if (error instanceof AriError && error.status === 404) return undefined;
    return lossOfError(error);
  }
}
