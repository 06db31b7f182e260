import type { AriEvent } from '../../asterisk-ari-client/index.ts';

/** The queue names that an event gives away; device states are ambiguous, so each may be no queue's. */
export function queueNamesIn(event: AriEvent): string[] {
  if (event.type === 'ChannelDialplan') return queueOf(event.dialplan_app, event.dialplan_app_data);
  if (event.type !== 'DeviceStateChanged' || !event.device_state.name.startsWith('Queue:')) return [];
  const name = event.device_state.name.slice('Queue:'.length);
  return [name.replace(/_avail$|_pause_.*$/, '')];
}

/** `Queue(sales,tk,,,30)` is the queue `sales`. */
function queueOf(app: string, appData: string): string[] {
  const name = app === 'Queue' ? (appData ?? '').split(',')[0]?.trim() : '';
  return name ? [name] : [];
}
