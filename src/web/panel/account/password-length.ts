import type { passwordLengthMin as least } from '../../../contract/session.ts';

/** The contract's own number; typed by it, so the two cannot differ, without loading its schemas here. */
export const passwordLengthMin: typeof least = 10;
