import { AriError, type AriSession } from '../../asterisk-ari-client/index.ts';
import type { NoDynamicObjects, PhoneAccount, PhoneAccounts } from '../../ports/phones.ts';
import type { CommandOutcome } from '../../ports/telephony.ts';
import { callerId } from './ring-variables.ts';

const deadlineMs = 5_000;
const limits = { timeoutMs: deadlineMs };
const configClass = 'res_pjsip';
type ObjectType = 'auth' | 'aor' | 'endpoint';

export type PhoneAccountsAri = Pick<AriSession, 'asterisk' | 'endpoints' | 'channels'>;

/**
 * Phones as PJSIP objects in the PBX's memory, made over ARI. Asterisk has a place for them only where `sorcery.conf`
 * says so, and then forgets them when it restarts.
 */
export function createPhoneAccounts(ari: PhoneAccountsAri): PhoneAccounts {
  const put = (objectType: ObjectType, id: string, values: Record<string, string>) =>
    ari.asterisk.updateObject(
      {
        configClass,
        objectType,
        id,
        fields: Object.entries(values).map(([attribute, value]) => ({ attribute, value })),
      },
      limits,
    );
  const drop = (objectType: ObjectType, id: string) =>
    unlessGone(ari.asterisk.deleteObject({ configClass, objectType, id }, limits));

  return {
    async put(account) {
      const { endpoint } = account;
      try {
        // Asterisk takes an endpoint only when what it names is there.
        await put('auth', endpoint, authOf(account));
        await put('aor', endpoint, { max_contacts: '1', remove_existing: 'yes', support_path: 'no' });
        await put('endpoint', endpoint, endpointOf(account));
        return { ok: true };
      } catch (error) {
        return whyNot(error);
      }
    },
    async hangUp(endpoint) {
      const found = await unlessGone(ari.endpoints.get({ tech: 'PJSIP', resource: endpoint }, limits));
      const ends = (found?.channel_ids ?? []).map((channelId) =>
        unlessGone(ari.channels.hangup({ channelId }, limits)),
      );
      await Promise.all(ends);
    },
    async remove(endpoint) {
      try {
        await drop('endpoint', endpoint);
        await drop('aor', endpoint);
        await drop('auth', endpoint);
        return { ok: true };
      } catch (error) {
        const failed = whyNot(error);
        return failed.why === 'no-dynamic-objects' ? { ...failed, why: 'refused' } : failed;
      }
    },
    async list(prefix) {
      const endpoints = await ari.endpoints.listByTech({ tech: 'PJSIP' }, limits);
      return endpoints
        .filter(({ resource }) => resource.startsWith(prefix))
        .map(({ resource, state }) => ({ endpoint: resource, online: state === 'online' }));
    },
  };
}

const authOf = ({ endpoint, password }: PhoneAccount) => ({
  auth_type: 'userpass',
  username: endpoint,
  password,
});

const endpointOf = ({ endpoint, context, callerName }: PhoneAccount) => ({
  context,
  // DTLS, ICE, AVPF and one port for all, which is what a browser speaks.
  webrtc: 'yes',
  auth: endpoint,
  aors: endpoint,
  disallow: 'all',
  allow: 'alaw,ulaw',
  callerid: callerId(callerName, ''),
  direct_media: 'no',
  allow_transfer: 'no',
  allow_subscribe: 'no',
  message_context: 'vigie-no-calls',
});

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AriError && error.status === 404) return undefined;
    throw error;
  }
}

/** The message of an `AriError` holds the path and the answer, never what was sent: no password. */
function whyNot(error: unknown): Exclude<CommandOutcome, { ok: true }> | NoDynamicObjects {
  if (!(error instanceof AriError) || error.code === 'ari-invalid-argument') throw error;
  const detail = error.message;
  // 403: no sorcery mapping, or what stands there is of a file. 404: PJSIP is not there at all.
  if (error.status === 403 || error.status === 404) return { ok: false, why: 'no-dynamic-objects', detail };
  switch (error.code) {
    case 'ari-timeout':
      return { ok: false, why: 'timeout', detail };
    case 'ari-http':
    case 'ari-unauthorized':
    case 'ari-bad-reply':
      return { ok: false, why: 'refused', detail };
    default:
      return { ok: false, why: 'unreachable', detail };
  }
}
