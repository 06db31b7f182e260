import type { AmiMessage } from './ami-wire.ts';

/** The event of cel_manager, of the class `call`. */
export const celEvent = 'CEL';

/** Its headers, and the names that databases have for the same. */
const names: Record<string, string> = {
  EventName: 'eventtype',
  EventTime: 'eventtime',
  UniqueID: 'uniqueid',
  LinkedID: 'linkedid',
  Channel: 'channame',
  CallerIDnum: 'cid_num',
  CallerIDname: 'cid_name',
  Exten: 'exten',
  Context: 'context',
  Application: 'appname',
  AppData: 'appdata',
  Extra: 'extra',
};

export const celCellsOf = (event: AmiMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(names).map(([header, name]) => [name, event.get(header) ?? '']));
