import { randomUUID } from 'node:crypto';

/** Names this run of the server, for whoever looks after what it leaves. */
export const serverMark: string = randomUUID();
