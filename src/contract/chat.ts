import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Page, pageSizeMax, Time } from './common.ts';

/** In characters as a reader counts them (code points). */
export const messageLengthMax = 4_000;
export const readyMadeLengthMax = 500;
export const readyMadeMax = 30;
/** Agents one broadcast reaches. */
export const broadcastAgentsMax = 500;
export const unreadShownMax = 100;

const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax }));
const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Who writes with whom: one thread for each pair. */
export const ChatPair = Type.Object({ agentId: Id, supervisorId: Id }, { additionalProperties: false });
export type ChatPair = Static<typeof ChatPair>;

export const ChatMessage = Type.Object({
  id: Id,
  threadId: Id,
  /** The messages of a thread count from 1 without a gap; the oldest may have been deleted by age. */
  seq: Seq,
  /** Chosen by the sender. */
  clientId: Id,
  author: NamedRef,
  text: Type.String(),
  /** The agent's call when it was sent. */
  callId: Nullable(Id),
  broadcast: Type.Boolean(),
  sentAt: Time,
});
export type ChatMessage = Static<typeof ChatMessage>;

export const ChatThread = Type.Object({
  id: Id,
  agent: NamedRef,
  supervisor: NamedRef,
  lastSeq: Seq,
  lastAt: Time,
  /** The newest message, cut; null when it has been deleted by age. */
  lastText: Nullable(Type.String()),
  agentReadSeq: Seq,
  supervisorReadSeq: Seq,
  /** The other one's messages that the viewer has not read, at most `unreadShownMax`; 0 for who only reads along. */
  unread: Type.Integer(),
});
export type ChatThread = Static<typeof ChatThread>;

export const ChatThreadsQuery = Type.Object(
  {
    /** Somebody else's threads: for those who may read all, and audited. */
    of: Type.Optional(Id),
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
    limit,
  },
  { additionalProperties: false },
);
export type ChatThreadsQuery = Static<typeof ChatThreadsQuery>;
/** `unread`: of all the viewer's threads together, at most `unreadShownMax` each. */
export const ChatThreadsPage = Type.Object({ ...Page(ChatThread).properties, unread: Type.Integer() });
export type ChatThreadsPage = Static<typeof ChatThreadsPage>;

/** `before`: the newest that are older; `after`: the oldest that are newer; neither: the newest. */
export const ChatMessagesQuery = Type.Object(
  { before: Type.Optional(Seq), after: Type.Optional(Seq), limit },
  { additionalProperties: false },
);
export type ChatMessagesQuery = Static<typeof ChatMessagesQuery>;
/** In the order of `seq`. */
export const ChatMessagesPage = Type.Object({
  thread: ChatThread,
  items: Type.Array(ChatMessage),
  hasOlder: Type.Boolean(),
  hasNewer: Type.Boolean(),
});
export type ChatMessagesPage = Static<typeof ChatMessagesPage>;

/** The length of `text` is checked apart, so that it has a code of its own. */
const text = Type.String();
export const NewChatMessage = Type.Object(
  { agentId: Id, supervisorId: Id, clientId: Id, text },
  { additionalProperties: false },
);
export type NewChatMessage = Static<typeof NewChatMessage>;

export const ChatRead = Type.Object({ throughSeq: Seq }, { additionalProperties: false });

export const ChatSearchQuery = Type.Object(
  {
    q: Type.String({ minLength: 1, maxLength: 200 }),
    /** In somebody else's threads: for those who may read all, and audited. */
    of: Type.Optional(Id),
    cursor: Type.Optional(Id),
    limit,
  },
  { additionalProperties: false },
);
export type ChatSearchQuery = Static<typeof ChatSearchQuery>;
export const ChatFound = Type.Object({
  message: ChatMessage,
  agent: NamedRef,
  supervisor: NamedRef,
});
export type ChatFound = Static<typeof ChatFound>;
export const ChatFoundPage = Page(ChatFound);
export type ChatFoundPage = Static<typeof ChatFoundPage>;
export const ChatOfCall = Type.Object({ items: Type.Array(ChatFound) });

export const ReadyMade = Type.Object(
  {
    items: Type.Array(Type.String({ minLength: 1, maxLength: readyMadeLengthMax, pattern: '\\S' }), {
      maxItems: readyMadeMax,
    }),
  },
  { additionalProperties: false },
);
export type ReadyMade = Static<typeof ReadyMade>;

export const NewBroadcast = Type.Object({ teamId: Id, clientId: Id, text }, { additionalProperties: false });
export type NewBroadcast = Static<typeof NewBroadcast>;
export const BroadcastResult = Type.Object({
  sent: Type.Integer(),
  /** Agents of the team who did not get it, and why (an error code). */
  leftOut: Type.Array(Type.Object({ agent: NamedRef, code: Type.String() })),
});
export type BroadcastResult = Static<typeof BroadcastResult>;

/** Whom an agent may write to. `present`: a page of his is open. */
export const ChatSupervisors = Type.Object({
  items: Type.Array(Type.Object({ id: Id, name: Type.String(), present: Type.Boolean() })),
});
export type ChatSupervisors = Static<typeof ChatSupervisors>;

export const ChatTyping = Type.Object({ threadId: Id }, { additionalProperties: false });

export type ChatServerToBrowser = {
  'chat-message'(news: ChatFound): void;
  /** How far both have read, and what that leaves unread for the one who is told. */
  'chat-read'(news: {
    threadId: string;
    agentReadSeq: number;
    supervisorReadSeq: number;
    unread: number;
  }): void;
  'chat-typing'(news: { threadId: string; personId: string }): void;
  /** Something may have been missed: ask for what is newer. */
  'chat-resync'(): void;
};
export type ChatBrowserToServer = {
  'chat-typing'(where: Static<typeof ChatTyping>): void;
};
