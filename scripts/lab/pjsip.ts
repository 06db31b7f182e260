import type { PbxOptions } from './pbx.ts';
import type { LabPorts } from './ports.ts';
import type { PhoneSpec } from './roster.ts';

/** Codecs the trunk accepts, best first. */
const trunkCodecs = 'slin16,alaw,ulaw,g722,opus';

/** What the load generator's answering side does, each an endpoint of its own on the PBX (`PJSIP/load-busy`). */
const loadBehaviours = [
  'answer',
  'hangup',
  'busy',
  'reject',
  'ring',
  'missing',
  'off',
  'congested',
  'forward',
];

const section = (name: string, type: string, settings: Record<string, string | number>) =>
  [
    `[${name}]`,
    `type=${type}`,
    ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
    '',
  ].join('\n');

/** The PBX's `pjsip.conf`: every phone as an endpoint, the trunk, the load generator. */
export function pbxPjsip(
  ports: LabPorts,
  roster: PhoneSpec[],
  { overloadTrigger = 'pjsip_only', browserPhones = false, trunks = [], peers = [] }: PbxOptions,
): string {
  const parts = [
    section('global', 'global', { user_agent: 'vigie-lab', taskprocessor_overload_trigger: overloadTrigger }),
    ...(browserPhones ? [section('ws', 'transport', { protocol: 'ws', bind: '0.0.0.0' })] : []),
    section('udp', 'transport', { protocol: 'udp', bind: `127.0.0.1:${ports.sip}` }),
    endpoint('trunk', {
      context: 'from-trunk',
      allow: trunkCodecs,
      aors: 'trunk',
      trust_id_inbound: 'yes',
      send_pai: 'yes',
      from_user: 'trunk',
      send_diversion: 'yes',
      // Media goes directly only where the other side and the dialplan allow it too: 8513.
      direct_media: 'yes',
    }),
    section('trunk', 'aor', { contact: `sip:127.0.0.1:${ports.phonesSip}` }),
    ...roster.flatMap(phoneOnPbx),
    ...loadBehaviours.flatMap((name) => [
      endpoint(`load-${name}`, { context: 'from-internal', allow: 'alaw,ulaw', aors: `load-${name}` }),
      section(`load-${name}`, 'aor', { contact: `sip:${name}@127.0.0.1:${ports.loadSip}` }),
    ]),
    ...trunks.flatMap(({ name, sipPort, fromUser }) => [
      endpoint(name, { context: 'from-internal', allow: trunkCodecs, aors: name, from_user: fromUser }),
      section(name, 'aor', { contact: `sip:127.0.0.1:${sipPort}` }),
    ]),
    ...peers.map(({ name, context }) => endpoint(name, { context, allow: trunkCodecs })),
    // Answers, sends no media, and the PBX gives up after two seconds without any.
    endpoint('load-silent', { context: 'from-internal', allow: 'alaw', aors: 'load-answer', rtp_timeout: 2 }),
  ];
  return parts.join('\n');
}

const endpoint = (name: string, settings: Record<string, string | number>) =>
  section(name, 'endpoint', { disallow: 'all', direct_media: 'no', ...settings });

function phoneOnPbx(phone: PhoneSpec): string[] {
  return [
    endpoint(phone.number, {
      context: 'from-internal',
      allow: phone.codec,
      aors: phone.number,
      callerid: `${phone.name} <${phone.number}>`,
      direct_media: phone.directMedia ? 'yes' : 'no',
      named_call_group: 'desk',
      named_pickup_group: 'desk',
      trust_id_outbound: 'yes',
      send_pai: 'yes',
    }),
    section(phone.number, 'aor', { max_contacts: 5, remove_existing: 'no' }),
  ];
}

/** The phones' `pjsip.conf`: each phone registers at the PBX; the trunk's outside world is one more endpoint. */
export function phonesPjsip(ports: LabPorts, roster: PhoneSpec[]): string {
  const pbx = `sip:127.0.0.1:${ports.sip}`;
  return [
    section('global', 'global', {
      user_agent: 'vigie-lab-phones',
      max_initial_qualify_time: 0,
      default_outbound_endpoint: 'trunk',
    }),
    section('udp', 'transport', { protocol: 'udp', bind: `127.0.0.1:${ports.phonesSip}` }),
    section('pbx', 'aor', { contact: pbx }),
    outside('trunk', trunkCodecs),
    ...trunkCodecs.split(',').map((codec) => outside(`trunk-${codec}`, codec)),
    ...roster.flatMap((phone) => phoneOnPhones(phone, pbx)),
  ].join('\n');
}

/** The outside world: one endpoint for calls that arrive, one for each codec to call with. */
const outside = (name: string, codecs: string) =>
  endpoint(name, {
    context: 'outside',
    allow: codecs,
    aors: 'pbx',
    from_user: 'trunk',
    send_pai: 'yes',
    trust_id_inbound: 'yes',
    trust_id_outbound: 'yes',
    moh_passthrough: 'yes',
  });

/** The name of a phone's endpoint on the phones' Asterisk; the second contact of a number has an end `b`, … */
export const phoneEndpoint = (number: string, contact: number) =>
  `phone-${number}${contact === 0 ? '' : String.fromCharCode(97 + contact)}`;

function phoneOnPhones(phone: PhoneSpec, pbx: string): string[] {
  return Array.from({ length: phone.contacts }, (_, contact) => {
    const name = phoneEndpoint(phone.number, contact);
    const parts = [
      endpoint(name, {
        context: 'desk',
        allow: phone.codec,
        aors: 'pbx',
        from_user: phone.number,
        set_var: `LAB_PHONE=${phone.number}`,
        moh_passthrough: 'yes',
        trust_id_inbound: 'yes',
        direct_media: phone.directMedia ? 'yes' : 'no',
      }),
    ];
    if (phone.registered)
      parts.push(
        section(name, 'registration', {
          server_uri: pbx,
          client_uri: pbx.replace('sip:', `sip:${phone.number}@`),
          contact_user: name,
          line: 'yes',
          endpoint: name,
          max_random_initial_delay: 0,
          retry_interval: 1,
          forbidden_retry_interval: 1,
          fatal_retry_interval: 1,
          expiration: 3600,
        }),
      );
    return parts;
  }).flat();
}
