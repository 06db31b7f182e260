import { admin } from './admin.ts';
import { calls } from './calls.ts';
import { common } from './common.ts';
import { errors } from './errors.ts';
import { live } from './live.ts';
import { supervision } from './supervision.ts';

export const fr = { ...common, ...live, ...supervision, ...calls, ...admin, ...errors };
export type Messages = typeof fr;
