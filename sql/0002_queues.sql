-- Queues as an administrator sees them. Membership is the PBX's own and is read from it, not kept here.

create table queues (
  pbx                     text not null,
  id                      text not null check (length(id) between 1 and 128),
  name                    text not null,
  service_level_target_ms integer not null default 20000 check (service_level_target_ms > 0),
  -- Where a queue was first heard of: 'configured' by an administrator, 'seen' on the PBX.
  origin                  text not null default 'seen' check (origin in ('configured', 'seen')),
  created_at              timestamptz not null default now(),
  primary key (pbx, id)
);

-- A queue with no team is seen by every supervisor.
create table queue_teams (
  pbx     text not null,
  queue   text not null,
  team_id uuid not null references teams on delete cascade,
  primary key (pbx, queue, team_id),
  foreign key (pbx, queue) references queues (pbx, id) on delete cascade
);
