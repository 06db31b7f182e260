-- Every act of listening, whispering, barging in: kept for ever beside the call.

create table supervisions (
  id             uuid primary key,
  person_id      uuid not null,
  person_name    text not null,
  agent_id       uuid not null,
  agent_name     text not null,
  pbx            text not null,
  mode           text not null,
  scope          text not null,
  device         text not null,
  -- The dial string that was rung.
  device_address text not null,
  state          text not null,
  reason         text not null,
  target_leg     text,
  started_at     timestamptz not null,
  live_at        timestamptz,
  ended_at       timestamptz,
  ended_because  text,
  -- [{callId, from, to}] and [{mode, at}]
  calls          jsonb not null default '[]',
  mode_changes   jsonb not null default '[]'
);
create index supervisions_open on supervisions (state) where state <> 'ended';
create index supervisions_by_start on supervisions (started_at desc, id desc);
create index supervisions_by_agent on supervisions (agent_id, started_at desc);

-- Who did what to whom: written before any sound. Ids only, never names or numbers.
create table audit_entries (
  id         uuid primary key,
  at         timestamptz not null,
  actor_id   uuid,
  action     text not null,
  subject_id uuid,
  call_id    uuid,
  details    jsonb not null default '{}'
);
create index audit_entries_by_time on audit_entries (at desc, id desc);

-- Answers kept 24 h for a repeated Idempotency-Key.
create table idempotency_keys (
  person_id  uuid not null references people on delete cascade,
  key        text not null,
  route      text not null,
  body_hash  bytea not null,
  status     integer not null,
  reply      jsonb,
  created_at timestamptz not null default now(),
  primary key (person_id, key)
);
create index idempotency_keys_by_time on idempotency_keys (created_at);
