import t from 'tap';
import { checkAri } from '../../../src/adapters/ari/doctor-checks.ts';
import type { AriSight } from '../../../src/adapters/ari/doctor-sight.ts';
import { neededModules, phoneModules, phoneObjects } from '../../../src/adapters/ari/requirements.ts';
import { securityOf } from '../../../src/adapters/ari/security-floors.ts';

const loaded = [
  ...neededModules,
  ...phoneModules,
  'chan_pjsip.so',
  'res_stasis.so',
  'res_stasis_snoop.so',
  'bridge_simple.so',
  'bridge_softmix.so',
  'func_cdr.so',
  'chan_bridge_media.so',
  'func_strings.so',
  'func_devstate.so',
  'res_websocket_client.so',
].map((name) => ({ name, status: 'Running', description: '', use_count: 0, support_level: 'core' }));

const healthy: AriSight = {
  app: 'vigie',
  username: 'vigie',
  version: '22.10.1',
  modules: loaded,
  canWrite: true,
  isAppHeld: false,
  outbound: null,
  endpoints: [{ technology: 'PJSIP', resource: '1001', state: 'online', channel_ids: [] }],
  overloadTrigger: 'pjsip_only',
  channelVars: ['CHANNEL(linkedid)', 'CHANNEL(hangupsource)', 'QUEUESTATUS'],
  config: {
    cdrEnable: 'yes',
    cdrUnanswered: '',
    isIncluded: true,
    dynamicObjects: [...phoneObjects],
    iceSupport: '',
    cel: { enable: '', events: '', apps: '' },
  },
};

t.test('A PBX with all that is asked for is fine in every line, the overload trigger first', async (t) => {
  const findings = checkAri(healthy);
  t.same(new Set(findings.map(({ verdict }) => verdict)), new Set(['fine']));
  t.equal(findings[0]!.topic, 'Overload trigger');
});

t.test('Each fault is one line, with the lines that mend it', async (t) => {
  const faults: Array<[string, Partial<AriSight>, string, string, RegExp | null]> = [
    ['trigger unset', { overloadTrigger: '' }, 'Overload trigger', 'missing', /trigger = pjsip_only/],
    ['trigger global', { overloadTrigger: 'global' }, 'Overload trigger', 'wrong', /trigger = pjsip_only/],
    ['trigger unseen', { overloadTrigger: null }, 'Overload trigger', 'unseen', /trigger = pjsip_only/],
    ['old', { version: '16.28.0' }, 'Asterisk version', 'wrong', null],
    ['unfixed', { version: '22.9.0' }, 'Security fixes', 'wrong', null],
    ['no modules', { modules: [] }, 'Modules', 'wrong', /load = res_ari_bridges\.so/],
    ['read-only', { canWrite: false }, 'ARI rights', 'wrong', /read_only = no/],
    [
      'no channelvars',
      { channelVars: [] },
      'channelvars',
      'missing',
      /CHANNEL\(linkedid\),CHANNEL\(hangupsource\)/,
    ],
    [
      'other channelvars',
      { channelVars: ['X', 'CHANNEL(linkedid)'] },
      'channelvars',
      'missing',
      /channelvars = X,CHANNEL\(linkedid\),CHANNEL\(hangupsource\),QUEUESTATUS/,
    ],
    ['channelvars unseen', { channelVars: null }, 'channelvars', 'unseen', /channelvars = /],
    ['no endpoint', { endpoints: [] }, 'Endpoints', 'wrong', null],
    [
      'no include',
      { config: { ...healthy.config!, isIncluded: false } },
      'extensions_vigie.conf',
      'optional',
      null,
    ],
    [
      'no sorcery',
      { config: { ...healthy.config!, dynamicObjects: ['auth'] } },
      'Browser phones',
      'optional',
      /^\[res_pjsip\]\naor = config,pjsip\.conf,criteria=type=aor\naor = memory\nendpoint = config.*\nendpoint = memory$/,
    ],
    [
      'no ICE',
      { config: { ...healthy.config!, iceSupport: 'no' } },
      'Browser phones',
      'optional',
      /icesupport = yes/,
    ],
    [
      'no websocket',
      { modules: loaded.filter(({ name }) => name !== 'res_http_websocket.so') },
      'Browser phones',
      'optional',
      /^load = res_http_websocket\.so$/,
    ],
  ];
  for (const [name, change, topic, verdict, fix] of faults) {
    const found = checkAri({ ...healthy, ...change }).find((one) => one.topic === topic)!;
    t.equal(found.verdict, verdict, name);
    if (fix) t.match(found.fix!.lines.join('\n'), fix, name);
  }
  const cdr = checkAri({ ...healthy, modules: loaded.filter(({ name }) => name !== 'func_cdr.so') });
  t.equal(cdr.find(({ topic }) => topic === 'CDR')!.verdict, 'wrong');
});

t.test('The security floor is told for every branch', async (t) => {
  const states: Array<[string, string]> = [
    ['18.26.4', 'open'],
    ['20.20.0', 'open'],
    ['20.20.1', 'fixed'],
    ['21.12.3', 'fixed'],
    ['22.10.0', 'open'],
    ['22.10.1+dfsg+~cs6', 'fixed'],
    ['22.11.0', 'fixed'],
    ['23.4.0', 'open'],
    ['24.0.0', 'fixed'],
    ['certified/20.7-cert3', 'unseen'],
    ['20.7.0-cert3', 'unseen'],
    ['GIT-master-abc', 'unseen'],
  ];
  for (const [version, state] of states) t.equal(securityOf(version).state, state, version);
});

t.test('An Asterisk that is to dial is asked for what it needs, and told what its memory pays', async (t) => {
  const dialled: AriSight = { ...healthy, isAppHeld: true, outbound: { pbxName: 'paris', devices: [] } };
  const of = (sight: AriSight, topic: string) => checkAri(sight).find((one) => one.topic === topic);
  t.equal(of(dialled, 'Outbound websocket')?.verdict, 'fine');
  t.equal(of(dialled, 'subscribe_all')?.verdict, 'fine');
  t.match(of(dialled, 'Memory of Asterisk')?.text, /1 GB is some 3300 calls/);
  t.equal(of(dialled, 'Application name'), undefined);
  const missing = of({ ...dialled, isAppHeld: false }, 'Outbound websocket');
  t.equal(missing?.verdict, 'missing');
  t.ok(missing?.fix?.lines.includes('uri = ws://(HOST and PORT of Vigie)/asterisk/ws/paris'));
  const deaf = { pbxName: 'paris', devices: ['__AST_DEVICE_STATE_ALL_TOPIC'] };
  t.equal(of({ ...dialled, outbound: deaf }, 'subscribe_all')?.verdict, 'wrong');
  for (const [version, verdict] of [
    ['20.14.1', 'wrong'],
    ['20.15.0', 'fine'],
    ['21.9.0', 'wrong'],
    ['22.4.0', 'wrong'],
    ['22.5.0', 'fine'],
    ['23.0.0', 'fine'],
  ] as const)
    t.equal(of({ ...dialled, version }, 'Outbound websocket')?.verdict, verdict, version);
  const modules = loaded.filter(({ name }) => name !== 'res_websocket_client.so');
  t.equal(of({ ...dialled, modules }, 'Outbound websocket')?.verdict, 'wrong');
});
