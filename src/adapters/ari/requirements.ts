/** The oldest Asterisk whose ARI was tried with this product; older ones have been without any support since 2023. */
export const oldestMajor = 18;

/** Without one of these there is nothing to show. */
export const neededModules = [
  'res_ari_applications.so',
  'res_ari_asterisk.so',
  'res_ari_bridges.so',
  'res_ari_channels.so',
  'res_ari_device_states.so',
  'res_ari_endpoints.so',
  'res_ari_events.so',
  'res_stasis_device_state.so',
] as const;

/** For phones in the browser. */
export const phoneModules = [
  'res_http_websocket.so',
  'res_pjsip_transport_websocket.so',
  'res_rtp_asterisk.so',
  'res_srtp.so',
] as const;
/** What one browser phone is on the PBX, in the order in which it is made. */
export const phoneObjects = ['auth', 'aor', 'endpoint'] as const;

/** `22` of `22.10.1+dfsg`, `18` of `certified/18.9-cert5` or `18.9-cert5`; undefined for `GIT-master-…`. */
export function majorOf(version: string): number | undefined {
  const found = /(?:^|\/)(\d+)\./.exec(version);
  return found ? Number(found[1]) : undefined;
}

/** A build without a number (a developer's own) is taken for a new one. */
export const isTooOld = (version: string): boolean => (majorOf(version) ?? oldestMajor) < oldestMajor;
