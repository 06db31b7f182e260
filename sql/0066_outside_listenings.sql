-- Who listened to a call without us: ChanSpy, ExtenSpy, another program's snoop. One row from its beginning to its end, so
-- that a restart finds it again and the audit log tells each once.
create table outside_listenings (
  id               uuid primary key,
  pbx              text not null,
  spy_unique_id    text not null,
  spy_channel      text not null,
  via              text not null check (via in ('chanspy', 'snoop')),
  app              text not null,
  listener_id      uuid,
  target_unique_id text,
  agent_id         uuid,
  call_id          uuid,
  from_at          timestamptz not null,
  to_at            timestamptz,
  -- Whether the audit log has its beginning, and its end.
  began_told       boolean not null default false,
  ended_told       boolean not null default false
);
create index outside_listenings_untold on outside_listenings (pbx) where not ended_told;
create index outside_listenings_by_time on outside_listenings (from_at);
