import type { Socket } from 'socket.io-client';
import type { PersonalBrowserToServer, PersonalServerToBrowser } from '../../contract/personal.ts';
import { createStore } from './store.ts';

/** The socket of this page, as far as it carries news for one person and what pages say. */
export type PageSocket = Pick<
  Socket<PersonalServerToBrowser, PersonalBrowserToServer>,
  'on' | 'off' | 'emit' | 'connected'
>;

/** Null while nobody is signed in. */
export const pageSocket = createStore<PageSocket | null>(null);
