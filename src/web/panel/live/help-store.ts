import { createStore } from '../../shared/store.ts';

/** Whether the shortcuts' help is open. */
export const helpStore = createStore(false);
