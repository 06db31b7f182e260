import type { AriError } from '../../asterisk-ari-client/index.ts';
import type { CelSight } from '../../ports/cel-sight.ts';
import { type Finding, fine } from '../../ports/finding.ts';
import { checkAri } from './doctor-checks.ts';
import { type AriAddress, visitAri } from './doctor-sight.ts';

export interface AriExamination {
  /** False when nothing answered; an Asterisk that refuses us was reached. */
  reached: boolean;
  findings: Finding[];
  /** What it says of its journal; null when that could not be seen. */
  cel: CelSight | null;
}

/** Everything that can be said of a PBX over ARI. Changes nothing on it; within some 30 s. */
export async function examineAri(address: AriAddress, pbxName = 'main'): Promise<AriExamination> {
  const visit = await visitAri(address, pbxName);
  if (!visit.reached) {
    const reached = visit.error.status !== undefined;
    return { reached, findings: [whyNot(visit.error, address)], cel: null };
  }
  const { config, modules } = visit.sight;
  const running = modules.filter(({ status }) => status === 'Running').map(({ name }) => name);
  const findings = [fine('ARI', address.url), ...checkAri(visit.sight)];
  return { reached: true, findings, cel: config && { ...config.cel, modules: running } };
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function whyNot(error: AriError, { url, username }: AriAddress): Finding {
  const topic = 'ARI';
  const { hostname, port, protocol } = new URL(url);
  switch (error.code) {
    case 'ari-unauthorized':
      return {
        topic,
        verdict: 'wrong',
        text: 'Asterisk refuses ARI_USERNAME and ARI_PASSWORD',
        fix: {
          where: 'ari.conf; then: module reload res_ari.so',
          lines: [`[${username}]`, 'type = user', 'read_only = no', 'password = (the value of ARI_PASSWORD)'],
        },
      };
    case 'ari-http':
    case 'ari-bad-reply':
      return {
        topic,
        verdict: 'wrong',
        text: `what answers at ${url} is not ARI (${error.message})`,
        fix: { where: 'ari.conf, and ARI_URL ends with /ari', lines: ['[general]', 'enabled = yes'] },
      };
    default:
      return {
        topic,
        verdict: 'wrong',
        text: `nothing answers at ${url} (${error.message})`,
        fix: {
          where: 'http.conf; then: module reload http',
          lines: [
            '[general]',
            'enabled = yes',
            `bindaddr = ${loopback.has(hostname) ? '127.0.0.1' : '0.0.0.0'}`,
            `bindport = ${port || (protocol === 'https:' ? '8089' : '8088')}`,
          ],
        },
      };
  }
}
