-- What tells this installation from another one that uses the same Redis.
create table installation (
  id       uuid not null default gen_random_uuid(),
  only_one boolean primary key default true check (only_one)
);
insert into installation default values;
