-- Every time somebody watched an agent's screen: who, whom, from when to when, why it ended. No picture is kept.
create table screen_viewings (
  id            uuid primary key,
  person_id     uuid not null,
  person_name   text not null,
  agent_id      uuid not null,
  agent_name    text not null,
  scope         text not null check (scope in ('call', 'agent')),
  call_id       uuid,
  reason        text not null,
  started_at    timestamptz not null,
  ends_at       timestamptz,
  ended_at      timestamptz,
  ended_because text
);
create index screen_viewings_open on screen_viewings (id) where ended_at is null;
create index screen_viewings_by_agent on screen_viewings (agent_id, id desc);
