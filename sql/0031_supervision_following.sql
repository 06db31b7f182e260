-- Supervision that follows an agent from call to call.

alter table supervisions
  -- Its supervisor hears nothing for now.
  add column paused   boolean not null default false,
  -- When its longest duration, or an unanswered question, ends it.
  add column ends_at  timestamptz,
  add column question text,
  -- What this kind of supervision needs to be found again after a restart.
  add column memory   jsonb not null default '{}';
