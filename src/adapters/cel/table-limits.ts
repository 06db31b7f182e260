import type { TableAddress } from './table-address.ts';

export const connectDeadlineMs = 5_000;
export const queryDeadlineMs = 10_000;

/** What is kept with a position: which table it is of, without credentials. */
export const addressName = ({ kind, host, port, database, table }: TableAddress): string =>
  `table:${kind}://${host}:${port}/${database}/${table.join('.')}`;
