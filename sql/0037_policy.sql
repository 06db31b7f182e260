-- The listening policy: every version that was ever in force. The newest one is.
create table policy_versions (
  version    integer generated always as identity primary key,
  policy     jsonb not null,
  changed    text[] not null default '{}',
  changed_at timestamptz not null default now(),
  changed_by uuid
);

-- What an agent or a caller said about being listened to, from when to when.
create table call_marks (
  id        uuid primary key,
  call_id   uuid not null,
  kind      text not null check (kind in ('private', 'objection')),
  by_id     uuid not null,
  by_name   text not null,
  from_at   timestamptz not null,
  to_at     timestamptz
);
create index call_marks_by_call on call_marks (call_id);
create index call_marks_open on call_marks (from_at) where to_at is null;
-- Two pages that mark at once make one mark.
create unique index call_marks_one_open on call_marks (call_id, kind) where to_at is null;

create function notify_policy_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('vigie_policy', '');
  return null;
end
$$;
create trigger policy_versions_changed after insert or update or delete on policy_versions
  for each statement execute function notify_policy_changed();
create trigger call_marks_changed after insert or update or delete on call_marks
  for each statement execute function notify_policy_changed();

-- What each nightly deletion did.
create table retention_runs (
  id         bigint generated always as identity primary key,
  started_at timestamptz not null,
  ended_at   timestamptz not null,
  kinds      jsonb not null
);

-- The marks an evaluation gives, one version after another.
create table evaluation_grids (
  version  integer generated always as identity primary key,
  criteria jsonb not null,
  made_at  timestamptz not null default now(),
  made_by  uuid
);

create table evaluations (
  id              uuid primary key,
  call_id         uuid not null,
  call_started_at timestamptz not null,
  agent_id        uuid not null,
  agent_name      text not null,
  author_id       uuid not null,
  author_name     text not null,
  grid_version    integer not null references evaluation_grids,
  -- {criterion: mark}
  marks           jsonb not null,
  -- Weighted share of what could be had, 0 to 100; null when nothing was marked.
  score           double precision,
  comment         text not null,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  unique (call_id, author_id)
);
create index evaluations_by_time on evaluations (created_at desc, id desc);
create index evaluations_by_agent on evaluations (agent_id, created_at desc);
