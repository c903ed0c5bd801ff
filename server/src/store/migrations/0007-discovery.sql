-- How cameras are found, who waits for a person, and which passwords were refused.

create table discovery_run (
  id int generated always as identity primary key,
  state text not null default 'RUNNING' check (state in ('RUNNING', 'DONE', 'CANCELLED')),
  cidrs text[] not null,
  multicast boolean not null,
  http_ports int[] not null,
  -- Sealed; the context is `discovery run`.
  credentials bytea,
  started_by text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  -- The steps follow from the ranges and the id: this many of them are done.
  chunks_done int not null default 0,
  chunks int not null,
  addresses_asked int not null default 0,
  addresses int not null,
  found int not null default 0,
  bound int not null default 0,
  known int not null default 0,
  quarantined int not null default 0,
  refused int not null default 0,
  failed int not null default 0,
  fault text,
  evidence text
);
create index discovery_run_open on discovery_run (id) where state = 'RUNNING';

-- Cameras that were found and belong nowhere. One entry for each device, by what it says it is, or
-- by its address when it says nothing.
create table quarantine (
  id int generated always as identity primary key,
  device text not null unique,
  address text not null,
  onvif_port int not null,
  manufacturer text,
  model text,
  firmware text,
  serial text,
  mac text,
  reason text not null check (reason in ('not-in-plan', 'conflict', 'replaced',
    'credentials-refused', 'no-identity', 'unusable')),
  evidence text not null,
  candidates text[] not null default '{}',
  -- The credentials that opened it, sealed; the context is `quarantine`.
  credentials bytea,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  -- Somebody decided that it is none of ours: it is not shown until it is seen somewhere else.
  ignored_at timestamptz
);
create index quarantine_address on quarantine (address, onvif_port);

-- A camera locks out who tries a wrong password again and again: what was refused is not tried again
-- for a day, also after a restart. The password is not in here, only a keyed hash of it.
create table refused_credential (
  address text not null,
  onvif_port int not null,
  fingerprint bytea not null,
  refused_at timestamptz not null,
  primary key (address, onvif_port, fingerprint)
);

alter table camera
  -- When it last said that it is the one that is registered.
  add column identity_checked_at timestamptz;

-- Times in which another camera may have answered at a camera's address: from the last proof of its
-- identity that is older than the change, until it was noticed.
create table identity_doubt (
  id int generated always as identity primary key,
  camera_id int not null references camera on delete cascade,
  from_at timestamptz not null,
  to_at timestamptz not null,
  evidence text not null
);
create index identity_doubt_camera on identity_doubt (camera_id, from_at);
