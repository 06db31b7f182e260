-- From when on the panel calls something too long or too many; one row.
create table alert_thresholds (
  only_row   boolean primary key default true check (only_row),
  thresholds jsonb not null,
  changed_at timestamptz not null default now(),
  changed_by uuid
);

create function notify_alert_thresholds_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('vigie_alert_thresholds', '');
  return null;
end
$$;
create trigger alert_thresholds_changed after insert or update or delete on alert_thresholds
  for each statement execute function notify_alert_thresholds_changed();
