-- Supervisors and agents write to one another: one thread for each pair.
create table chat_threads (
  id                  uuid primary key,
  agent_id            uuid not null,
  supervisor_id       uuid not null check (supervisor_id <> agent_id),
  agent_name          text not null,
  supervisor_name     text not null,
  -- The number of the newest message: they count from 1 without a gap.
  last_seq            bigint not null default 0,
  last_at             timestamptz not null,
  agent_read_seq      bigint not null default 0,
  supervisor_read_seq bigint not null default 0,
  unique (agent_id, supervisor_id)
);
create index chat_threads_by_supervisor on chat_threads (supervisor_id, last_at desc, id desc);
create index chat_threads_by_agent on chat_threads (agent_id, last_at desc, id desc);

create table chat_messages (
  id           uuid primary key,
  thread_id    uuid not null references chat_threads on delete cascade,
  seq          bigint not null,
  -- Chosen by the page that sends: the same one twice is one message.
  client_id    uuid not null,
  author_id    uuid not null,
  author_name  text not null,
  text         text not null check (length(text) between 1 and 4000),
  -- Its words without accents and capitals.
  words        tsvector not null,
  -- What the agent spoke in when it was sent.
  call_id      uuid,
  broadcast_id uuid,
  sent_at      timestamptz not null,
  unique (thread_id, seq),
  unique (author_id, client_id)
);
create index chat_messages_by_words on chat_messages using gin (words);
create index chat_messages_by_call on chat_messages (call_id, sent_at) where call_id is not null;
create index chat_messages_by_time on chat_messages (sent_at);

-- What supervisors insert with one click, in the order it is offered.
create table chat_ready_made (
  position integer primary key,
  text     text not null check (length(text) between 1 and 500)
);
insert into chat_ready_made (position, text) values
  (0, 'Rappel du script : présentez-vous et reformulez la demande.'),
  (1, 'Pensez à proposer un rappel.'),
  (2, 'Je prends le relais si besoin.');
