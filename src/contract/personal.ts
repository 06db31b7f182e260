import type { ChatBrowserToServer, ChatServerToBrowser } from './chat.ts';
import type { ScreenBrowserToServer, ScreenServerToBrowser } from './screens.ts';

/**
 * News for one person, on every page he has open (the panel's `/live`, the agent page's `/agent`), and the few words a
 * page says by socket: typing, and WebRTC signalling. Each feature adds its events here; everything else is HTTP.
 */
export type PersonalServerToBrowser = ChatServerToBrowser &
  ScreenServerToBrowser & {
    /** The session ended (signed out, revoked, expired): the page goes to sign-in. */
    'signed-out'(why: { code: string }): void;
  };
export type PersonalBrowserToServer = ChatBrowserToServer & ScreenBrowserToServer;
