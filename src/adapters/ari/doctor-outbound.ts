import { type Finding, type Fix, fine } from '../../ports/finding.ts';
import type { AriSight } from './doctor-sight.ts';

/** Asterisk's memory for one missed call, in megabytes, at most (`npm run bench -- pbx-memory`). */
export const missedCallMb = 0.3;

/** From these on Asterisk dials for ARI, by major version; every later major does. */
const outboundSince: Record<number, number> = { 20: 15, 21: 10, 22: 5 };

/** What `ARI_TRANSPORT=outbound` needs; nothing when this server dials. Pure. */
export function checkOutbound(sight: AriSight): Finding[] {
  if (sight.outbound === null) return [];
  if (!canDial(sight.version)) {
    const text = `${sight.version} cannot dial: 20.15, 21.10, 22.5 or newer is needed; set ARI_TRANSPORT=inbound`;
    return [{ topic: 'Outbound websocket', verdict: 'wrong', text }];
  }
  return [checkDialling(sight, sight.outbound), checkSubscription(sight.outbound), memoryAdvice()];
}

function canDial(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return major > 22 || minor >= (outboundSince[major] ?? Number.POSITIVE_INFINITY);
}

type Outbound = NonNullable<AriSight['outbound']>;

function checkDialling({ app, username, modules, isAppHeld }: AriSight, { pbxName }: Outbound): Finding {
  const topic = 'Outbound websocket';
  const isLoaded = modules.some(
    ({ name, status }) => name === 'res_websocket_client.so' && status === 'Running',
  );
  if (!isLoaded) {
    const fix = { where: 'modules.conf; then restart Asterisk', lines: ['load = res_websocket_client.so'] };
    return {
      topic,
      verdict: 'wrong',
      text: 'res_websocket_client.so is not running: Asterisk cannot dial',
      fix,
    };
  }
  // Asterisk knows an application of its own outbound websockets even while nobody answers.
  if (isAppHeld)
    return fine(topic, `Asterisk has the application ${app}, and keeps its events while Vigie is away`);
  return {
    topic,
    verdict: 'missing',
    text: `Asterisk has no outbound websocket for the application ${app}`,
    fix: linesOf(app, username, pbxName),
  };
}

const linesOf = (app: string, username: string, pbxName: string): Fix => ({
  where:
    'websocket_client.conf and, from the second section on, ari.conf; then: module reload res_websocket_client.so, module reload res_ari.so',
  lines: [
    '[vigie]',
    'type = websocket_client',
    `uri = ws://(HOST and PORT of Vigie)/asterisk/ws/${pbxName}`,
    'protocols = ari',
    'connection_type = persistent',
    `username = ${username}`,
    'password = (the value of ARI_PASSWORD)',
    'reconnect_interval = 500',
    '[vigie-outbound]',
    'type = outbound_websocket',
    'websocket_client_id = vigie',
    `apps = ${app}`,
    'subscribe_all = no',
    `local_ari_user = ${username}`,
  ],
});

/** An application subscribed to device states can lock ARI when it goes (asterisk/asterisk#2170). */
function checkSubscription({ devices }: Outbound): Finding {
  const topic = 'subscribe_all';
  if (devices.length === 0) return fine(topic, 'off, as it must be');
  const text = 'the application is subscribed to device states, which can lock ARI until Asterisk restarts';
  const fix = {
    where: 'ari.conf, the outbound_websocket section; then restart Asterisk',
    lines: ['subscribe_all = no'],
  };
  return { topic, verdict: 'wrong', text, fix };
}

function memoryAdvice(): Finding {
  const callsPerGb = Math.round(1000 / missedCallMb / 100) * 100;
  return fine(
    'Memory of Asterisk',
    `each call that Vigie misses takes up to ${missedCallMb} MB of it until Asterisk restarts: 1 GB is some ${callsPerGb} calls; where Vigie may miss more, set ARI_TRANSPORT=inbound and add CEL`,
  );
}
