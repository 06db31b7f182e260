-- People, teams, sign-in.

create table people (
  id            uuid primary key,
  login         text unique,
  password_hash text,
  name          text not null check (length(name) between 1 and 200),
  public_name   text,
  roles         text[] not null,
  -- Dial strings of real devices, the first one is the endpoint.
  devices       text[] not null default '{}',
  -- Queue member interfaces that are this person, when they differ from his devices.
  interfaces    text[] not null default '{}',
  pbx           text not null default 'main',
  created_at    timestamptz not null default now(),
  disabled_at   timestamptz
);

-- One device belongs to one person of one PBX.
create table person_devices (
  pbx       text not null,
  device    text not null,
  person_id uuid not null references people on delete cascade,
  primary key (pbx, device)
);

create table teams (
  id         uuid primary key,
  name       text not null unique check (length(name) between 1 and 200),
  created_at timestamptz not null default now()
);

create table team_members (
  team_id   uuid not null references teams on delete cascade,
  person_id uuid not null references people on delete cascade,
  primary key (team_id, person_id)
);
create index team_members_by_person on team_members (person_id);

create table sessions (
  -- SHA-256 of the cookie's token: a stolen table signs nobody in.
  token_hash   bytea primary key,
  person_id    uuid not null references people on delete cascade,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at   timestamptz not null,
  user_agent   text not null default '',
  address      text not null default ''
);
create index sessions_by_person on sessions (person_id);

-- Failed sign-ins, for the brute-force limits; rows older than a day are purged.
create table sign_in_failures (
  id      bigint generated always as identity primary key,
  login   text not null,
  address text not null,
  at      timestamptz not null default now()
);
create index sign_in_failures_by_login on sign_in_failures (login, at);
create index sign_in_failures_by_address on sign_in_failures (address, at);
