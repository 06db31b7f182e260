-- Whoever changes people, devices, teams or sessions (another server, the command line, SQL by hand), running servers
-- hear of it at once: channel vigie_people.

create function notify_people_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('vigie_people', '');
  return null;
end
$$;

create trigger people_changed after insert or update or delete on people
  for each statement execute function notify_people_changed();
create trigger person_devices_changed after insert or update or delete on person_devices
  for each statement execute function notify_people_changed();
create trigger teams_changed after insert or update or delete on teams
  for each statement execute function notify_people_changed();
create trigger team_members_changed after insert or update or delete on team_members
  for each statement execute function notify_people_changed();
