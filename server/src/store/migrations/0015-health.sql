-- Health of cameras: who of several server processes decides about which camera, what the gateways
-- watch, and when nobody watched.

-- A server process that lives. Cameras whose media node is linked to none are shared out among these.
create table server_process (
  id text primary key,
  started_at timestamptz not null default now(),
  -- When it was heard of last.
  beat_at timestamptz not null,
  lease_until timestamptz not null
);

-- The server process that holds the node's link: it decides about the node's cameras.
alter table node add column server_id text;

-- The camera has an ONVIF event service (PullPoint), as registration found.
alter table camera add column has_events boolean not null default false;

-- When the system itself did not watch: no server process lived, or a media node was not linked and
-- nobody stood in for it. What is said of cameras for that time is ours, not theirs.
create table watch_gap (
  id bigint generated always as identity primary key,
  -- Null: of every camera.
  node_id text,
  from_at timestamptz not null,
  -- Null: it lasts.
  to_at timestamptz
);
create unique index watch_gap_open on watch_gap (coalesce(node_id, '')) where to_at is null;
create index watch_gap_time on watch_gap (from_at);

create index camera_transition_at on camera_transition (at);
