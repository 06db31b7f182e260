-- The audit log as a chain: each entry names the one before by its hash. Rows of before are chained at the first start.
-- No two entries may share all three; two that share chain and number are a fault that `vigie audit verify` names.

alter table audit_entries
  add column chain_id uuid,
  add column sequence bigint,
  add column previous_hash bytea,
  add column hash bytea;
create unique index audit_entries_by_place on audit_entries (chain_id, sequence, hash);
create index audit_entries_by_call on audit_entries (call_id, at desc) where call_id is not null;
create index audit_entries_by_subject on audit_entries (subject_id, at desc) where subject_id is not null;
create index audit_entries_unchained on audit_entries (at, id) where chain_id is null;

-- Each says that the entries of a chain up to one were purged, and which hash the rest builds on; signed.
create table audit_checkpoints (
  chain_id         uuid not null,
  through_sequence bigint not null,
  through_hash     bytea not null,
  entries          bigint not null,
  first_at         timestamptz not null,
  last_at          timestamptz not null,
  made_at          timestamptz not null,
  public_key       text not null,
  signature        text not null,
  primary key (chain_id, through_sequence)
);

-- One row once the entries of before are chained: from then on an entry outside every chain was put there by a stranger.
create table audit_adoption (
  only_one boolean primary key default true check (only_one),
  chain_id uuid,
  entries  bigint not null default 0,
  hash     bytea,
  done_at  timestamptz
);
