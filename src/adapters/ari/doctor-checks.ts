import { type Finding, type Fix, fine } from '../../ports/finding.ts';
import { checkOutbound } from './doctor-outbound.ts';
import type { AriSight } from './doctor-sight.ts';
import { missingModules } from './pbx-identity.ts';
import { isTooOld, oldestMajor, phoneModules, phoneObjects } from './requirements.ts';
import { securityOf } from './security-floors.ts';

/** Every check over ARI, the most important first. Pure. */
export function checkAri(sight: AriSight): Finding[] {
  return [
    checkTrigger(sight),
    checkVersion(sight),
    checkSecurity(sight),
    checkModules(sight),
    checkRights(sight),
    ...(sight.outbound ? checkOutbound(sight) : [checkAppName(sight)]),
    checkChannelVars(sight),
    checkCdr(sight),
    checkEndpoints(sight),
    checkInclude(sight),
    checkBrowserPhones(sight),
  ];
}

const overloadLines: Fix = {
  where:
    'pjsip.conf, in the section of type = global (add it when there is none); then: module reload res_pjsip.so',
  lines: ['[global]', 'type = global', 'taskprocessor_overload_trigger = pjsip_only'],
};

/** With Asterisk's default any ARI client that stops reading makes PJSIP refuse every new call. */
function checkTrigger({ overloadTrigger, modules }: AriSight): Finding {
  const topic = 'Overload trigger';
  if (!isRunning(modules, 'chan_pjsip.so')) return fine(topic, 'PJSIP is not in use');
  if (overloadTrigger === 'pjsip_only') return fine(topic, 'pjsip_only: a deaf ARI client cannot stop calls');
  if (overloadTrigger === null) {
    const text =
      'cannot be seen from here; by default any ARI client that stops reading makes Asterisk refuse calls';
    return { topic, verdict: 'unseen', text, fix: overloadLines };
  }
  const text = `${overloadTrigger || 'not set'}: any ARI client that stops reading makes Asterisk refuse all new calls`;
  return { topic, verdict: overloadTrigger ? 'wrong' : 'missing', text, fix: overloadLines };
}

function checkVersion({ version }: AriSight): Finding {
  const topic = 'Asterisk version';
  if (!isTooOld(version)) return fine(topic, version);
  return { topic, verdict: 'wrong', text: `${version} is too old; ${oldestMajor} or newer is needed` };
}

function checkSecurity({ version }: AriSight): Finding {
  const topic = 'Security fixes';
  const { state, floors } = securityOf(version);
  if (state === 'fixed') return fine(topic, 'ARI cannot run shell commands');
  const why = 'ARI users, read-only ones too, can run shell commands and read files';
  if (state === 'open') {
    return { topic, verdict: 'wrong', text: `${version}: ${why}; upgrade to ${floors} or newer` };
  }
  return { topic, verdict: 'unseen', text: `${version}: fixed in ${floors}; before that ${why}` };
}

/** Needed to act on calls, beside what is needed to see them. */
const modulesToSupervise = [
  'res_stasis.so',
  'res_stasis_snoop.so',
  'bridge_simple.so',
  'bridge_softmix.so',
  'func_cdr.so',
  'chan_bridge_media.so',
  'func_strings.so',
  'func_devstate.so',
];

function checkModules({ modules }: AriSight): Finding {
  const topic = 'Modules';
  const missing = [
    ...missingModules(modules),
    ...modulesToSupervise.filter((name) => !isRunning(modules, name)),
  ];
  if (missing.length === 0) return fine(topic, 'all that are needed are running');
  const lines = ['[modules]', ...missing.map((name) => `load = ${name}`)];
  const where = 'modules.conf (and remove their noload lines); then restart Asterisk';
  return { topic, verdict: 'wrong', text: `not running: ${missing.join(', ')}`, fix: { where, lines } };
}

function checkRights({ canWrite, username }: AriSight): Finding {
  const topic = 'ARI rights';
  if (canWrite) return fine(topic, 'the user may write');
  const fix = {
    where: 'ari.conf; then: module reload res_ari.so',
    lines: [`[${username}]`, 'read_only = no'],
  };
  return { topic, verdict: 'wrong', text: 'the user is read-only: nobody can be listened to', fix };
}

function checkAppName({ isAppHeld, app }: AriSight): Finding {
  const topic = 'Application name';
  if (!isAppHeld) return fine(topic, `${app} is free`);
  const text = `${app} is held by a running server; if that is another one than yours, set another ARI_APP here`;
  return fine(topic, text);
}

export const channelVarsWanted = ['CHANNEL(linkedid)', 'CHANNEL(hangupsource)', 'QUEUESTATUS'] as const;

function checkChannelVars({ channelVars }: AriSight): Finding {
  const topic = 'channelvars';
  const fix = {
    where: 'ari.conf; then: module reload res_ari.so',
    lines: ['[general]', `channelvars = ${channelVarsWanted.join(',')}`],
  };
  if (channelVars === null)
    return { topic, verdict: 'unseen', text: 'cannot be seen without writing rights and all modules', fix };
  const missing = channelVarsWanted.filter((name) => !channelVars.includes(name));
  if (missing.length === 0)
    return fine(topic, 'who hung up, linked ids and ends of queues come with every event');
  const others = channelVars.filter((name) => !missing.includes(name as (typeof missing)[number]));
  const all = [...new Set([...others, ...channelVarsWanted])];
  return {
    topic,
    verdict: 'missing',
    text: `${missing.join(' and ')} not sent: who hung up, or how a queue ended, is sometimes unknown`,
    fix: { ...fix, lines: ['[general]', `channelvars = ${all.join(',')}`] },
  };
}

function checkCdr({ config, modules }: AriSight): Finding {
  const topic = 'CDR';
  if (config?.cdrEnable === 'no') return fine(topic, 'off on this PBX');
  if (!isRunning(modules, 'func_cdr.so')) {
    const text = 'func_cdr.so is not running: each supervision would leave rows in the PBX’s CDR';
    return { topic, verdict: 'wrong', text, fix: { where: 'modules.conf', lines: ['load = func_cdr.so'] } };
  }
  const unanswered = config?.cdrUnanswered === 'yes' ? ', unanswered ones included' : '';
  return fine(topic, `supervision keeps its legs out of it${unanswered}`);
}

const endpointsNamedMax = 8;

function checkEndpoints({ endpoints }: AriSight): Finding {
  const topic = 'Endpoints';
  if (endpoints.length === 0) return { topic, verdict: 'wrong', text: 'none found: no phone, no trunk' };
  const online = endpoints.filter(({ state }) => state === 'online').length;
  const names = endpoints.slice(0, endpointsNamedMax).map((one) => `${one.technology}/${one.resource}`);
  const more = endpoints.length > endpointsNamedMax ? ', …' : '';
  return fine(topic, `${endpoints.length} found, ${online} online: ${names.join(', ')}${more}`);
}

function checkInclude({ config }: AriSight): Finding {
  const topic = 'extensions_vigie.conf';
  if (config?.isIncluded) return fine(topic, 'included');
  const text =
    'context vigie-taken is missing: no call can be taken over or moved (an older copy of the file lacks it too)';
  const lines = ['#include extensions_vigie.conf'];
  return {
    topic,
    verdict: 'optional',
    text,
    fix: { where: 'extensions.conf (the file is in dialplan/); then: dialplan reload', lines },
  };
}

/** Nobody needs them who has telephones; what is missing is told all the same. */
function checkBrowserPhones({ config, modules }: AriSight): Finding {
  const topic = 'Browser phones';
  const restart = 'then restart Asterisk';
  const missing = phoneModules.filter((name) => !isRunning(modules, name));
  if (missing.length > 0) {
    const fix = { where: `modules.conf; ${restart}`, lines: missing.map((name) => `load = ${name}`) };
    return { topic, verdict: 'optional', text: `not running: ${missing.join(', ')}`, fix };
  }
  if (config?.iceSupport === 'no') {
    const fix = { where: `rtp.conf; ${restart}`, lines: ['[general]', 'icesupport = yes'] };
    return { topic, verdict: 'optional', text: 'icesupport is off: no browser can be heard', fix };
  }
  const unmade = phoneObjects.filter((kind) => !config?.dynamicObjects.includes(kind));
  if (unmade.length === 0) return fine(topic, 'Vigie can make them');
  const text = 'Vigie can make none: people listen on their telephones, or on phones named in BROWSER_PHONES';
  const lines = unmade.flatMap((kind) => [
    `${kind} = config,pjsip.conf,criteria=type=${kind}`,
    `${kind} = memory`,
  ]);
  return {
    topic,
    verdict: 'optional',
    text,
    fix: { where: `sorcery.conf (the file is in dialplan/); ${restart}`, lines: ['[res_pjsip]', ...lines] },
  };
}

const isRunning = (modules: AriSight['modules'], name: string): boolean =>
  modules.some((module) => module.name === name && module.status === 'Running');
