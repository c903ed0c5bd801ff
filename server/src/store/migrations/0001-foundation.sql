-- The system of record. Times are timestamptz, except those of footage: microseconds since the Unix
-- epoch, as the recorder's chain states them.

create table setting (
  key text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);

-- Places -----------------------------------------------------------------------------------------

create table district (
  code text primary key,
  name text not null,
  name_ur text not null,
  division text not null,
  lat double precision,
  lon double precision
);

create table constituency (
  code text primary key
);

-- Many to many: some constituencies are spread over two districts (NA-51 Rawalpindi-cum-Murree).
create table constituency_district (
  constituency_code text not null references constituency,
  district_code text not null references district,
  primary key (constituency_code, district_code)
);

-- Several polling stations share a school.
create table building (
  id int generated always as identity primary key,
  district_code text not null references district,
  lat double precision not null,
  lon double precision not null,
  unique (district_code, lat, lon)
);

create table station (
  id int generated always as identity primary key,
  code text not null unique,
  constituency_code text not null references constituency,
  number int not null,
  district_code text not null references district,
  building_id int references building,
  name text not null,
  name_ur text not null,
  category text not null check (category in ('HIGHLY_SENSITIVE', 'SENSITIVE', 'NORMAL')),
  station_type text not null check (station_type in ('MALE', 'FEMALE', 'COMBINED')),
  lat double precision,
  lon double precision,
  unique (constituency_code, number)
);

create table booth (
  station_id int not null references station,
  number int not null,
  primary key (station_id, number)
);

-- Cameras ----------------------------------------------------------------------------------------

-- The asset. Its identity is its serial number or MAC address, never its network address.
create table camera (
  id int generated always as identity primary key,
  code text not null unique,
  serial text unique,
  mac text unique,
  -- Where it was found last; the plan's own words stand beside it.
  address text,
  onvif_port int not null default 80,
  planned_address text,
  planned_onvif_port int,
  manufacturer text,
  model text,
  firmware text,
  streams jsonb not null default '[]',
  has_snapshot boolean not null default false,
  has_synchronization_point boolean not null default false,
  clock_offset_ms int,
  -- Sealed with AES-256-GCM; the context is `camera <code>`.
  credentials bytea,
  registered_at timestamptz,
  registration_fault text,
  registration_evidence text,
  created_at timestamptz not null default now()
);

-- What the asset does from when to when. One at a time.
create table assignment (
  id int generated always as identity primary key,
  camera_id int not null references camera,
  station_id int not null references station,
  placement text not null,
  booth int,
  valid_from timestamptz not null default now(),
  valid_to timestamptz,
  check (valid_to is null or valid_to > valid_from)
);
create unique index assignment_open on assignment (camera_id) where valid_to is null;
create index assignment_station on assignment (station_id) where valid_to is null;

create table camera_state (
  camera_id int primary key references camera,
  kind text not null,
  since timestamptz not null,
  fault text,
  evidence text,
  stream_fault text,
  stream_evidence text,
  last_frame_at timestamptz,
  recording boolean not null default false,
  version bigint not null default 1
);

create table camera_transition (
  id bigint generated always as identity primary key,
  camera_id int not null references camera,
  at timestamptz not null,
  from_kind text not null,
  to_kind text not null,
  fault text,
  evidence text
);
create index camera_transition_camera on camera_transition (camera_id, at desc);

-- Media nodes ------------------------------------------------------------------------------------

create table node (
  role text not null check (role in ('media', 'gateway')),
  id text not null,
  version text not null,
  footage_url text,
  started_at timestamptz not null,
  linked_at timestamptz not null,
  -- Until then its cameras stay its own, also while its link is broken.
  lease_until timestamptz not null,
  unlinked_at timestamptz,
  primary key (role, id)
);

create table camera_node (
  camera_id int primary key references camera,
  node_id text not null,
  assigned_at timestamptz not null default now()
);

-- Alerts -----------------------------------------------------------------------------------------

create table alert (
  id int generated always as identity primary key,
  station_id int not null references station,
  kind text not null check (kind in ('PARTIAL', 'BLIND')),
  opened_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  closed_at timestamptz,
  cameras int not null,
  down int not null,
  lost_placements text[] not null,
  causes jsonb not null,
  version int not null default 1
);
create unique index alert_one_open_per_station on alert (station_id) where closed_at is null;
create index alert_closed on alert (closed_at desc) where closed_at is not null;
create index alert_station on alert (station_id, opened_at desc);

create table alert_event (
  id bigint generated always as identity primary key,
  alert_id int not null references alert,
  at timestamptz not null,
  step text not null check (step in ('opened', 'changed', 'acknowledged', 'closed')),
  actor text,
  details jsonb not null default '{}'
);
create index alert_event_alert on alert_event (alert_id, id);

-- What must reach the queue: written with the fact that causes it, deleted when old and sent.
create table outbox (
  id bigint generated always as identity primary key,
  key text not null unique,
  topic text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index outbox_waiting on outbox (id) where sent_at is null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;

-- People -----------------------------------------------------------------------------------------

create table app_user (
  id int generated always as identity primary key,
  username text not null unique check (username = lower(username)),
  display_name text not null,
  role text not null check (role in ('operator', 'supervisor', 'technician', 'administrator')),
  password_hash text not null,
  disabled_at timestamptz,
  created_at timestamptz not null default now()
);

create table session (
  token_sha256 bytea primary key,
  user_id int not null references app_user,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_expiry on session (expires_at);

create table sign_in_failure (
  username text not null,
  address text not null,
  failures int not null,
  window_started_at timestamptz not null,
  primary key (username, address)
);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text,
  address text,
  action text not null,
  subject text,
  details jsonb not null default '{}'
);
create index audit_log_at on audit_log (at desc);

-- Index of the footage. The truth is on the nodes' disks; no reference to camera, because facts
-- come from there.

create table segment (
  camera_id int not null,
  start_us bigint not null,
  end_us bigint not null,
  sequence bigint not null,
  node_id text not null,
  path text not null,
  bytes bigint not null,
  frames int not null,
  sha256 bytea not null,
  flags int not null,
  codec text not null,
  primary key (camera_id, start_us)
);

create table gap (
  camera_id int not null,
  start_us bigint not null,
  end_us bigint not null,
  sequence bigint not null,
  node_id text not null,
  cause text not null,
  primary key (camera_id, start_us, cause)
);
