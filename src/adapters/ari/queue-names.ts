import type { AriEvent } from '../../asterisk-ari-client/index.ts';

/** The queue names that an event gives away. */
export function queueNamesIn(event: AriEvent): string[] {
  return event.type === 'ChannelDialplan' ? queueOf(event.dialplan_app, event.dialplan_app_data) : [];
}

/** `Queue(sales,tk,,,30)` is the queue `sales`. */
function queueOf(app: string, appData: string): string[] {
  const name = app === 'Queue' ? (appData ?? '').split(',')[0]?.trim() : '';
  return name ? [name] : [];
}
