-- What agents may be paused for, in the order they are offered.
create table pause_reasons (
  name         text primary key check (length(name) between 1 and 40),
  position     integer not null,
  -- Longer than this is too long; null: never.
  over_minutes integer check (over_minutes between 1 and 1440)
);
insert into pause_reasons (name, position, over_minutes) values
  ('Pause', 0, 15), ('Déjeuner', 1, 60), ('Réunion', 2, null), ('Formation', 3, null), ('Administratif', 4, 30);

-- Agents who ask for help now. Nothing is kept of a request that was taken but its audit entry.
create table help_requests (
  agent_id uuid primary key references people on delete cascade,
  text     text not null check (length(text) <= 200),
  asked_at timestamptz not null
);

create function notify_agent_control_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('vigie_agent_control', '');
  return null;
end
$$;
create trigger pause_reasons_changed after insert or update or delete on pause_reasons
  for each statement execute function notify_agent_control_changed();
create trigger help_requests_changed after insert or update or delete on help_requests
  for each statement execute function notify_agent_control_changed();
