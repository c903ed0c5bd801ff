-- What a camera asset is, where it served from when to when, who decided it, and what it shows.

-- Assets ------------------------------------------------------------------------------------------

-- A spare or retired asset has no open assignment: nothing is recorded of it, its footage stays.
alter table camera
  add column lifecycle text not null default 'in-service'
    check (lifecycle in ('in-service', 'spare', 'retired')),
  -- New credentials, sealed as `credentials`, from before the camera is told until they are proved.
  add column pending_credentials bytea,
  add column pending_since timestamptz;

alter table assignment
  -- Who decided it and why; null when a plan did.
  add column approved_by text,
  add column reason text,
  add column ended_by text,
  add column end_reason text,
  add column ended_how text check (ended_how in ('transfer', 'replace', 'retire', 'spare'));
create index assignment_camera on assignment (camera_id, valid_from);
create index assignment_station_ever on assignment (station_id, valid_from);

-- What happened to an asset besides its assignments and its views. Written by triggers where the
-- asset itself changes, so that no writer can forget it.
create table camera_history (
  id bigint generated always as identity primary key,
  camera_id int not null references camera on delete cascade,
  at timestamptz not null default now(),
  kind text not null check (kind in
    ('registered', 'address', 'identity', 'credentials', 'lifecycle', 'replaced', 'replaces')),
  -- Null: the system itself.
  actor text,
  details jsonb not null default '{}'
);
create index camera_history_camera on camera_history (camera_id, id desc);

-- Who acts and when is told with the transaction: nigehban.actor, nigehban.at. Sealing the same
-- credentials with another key (nigehban.resealing) is no change of credentials.
create function note_camera_change() returns trigger language plpgsql as $$
declare
  actor text := nullif(current_setting('nigehban.actor', true), '');
  at_time timestamptz :=
    coalesce(nullif(current_setting('nigehban.at', true), '')::timestamptz, now());
begin
  if new.registered_at is not null and old.registered_at is null then
    insert into camera_history (camera_id, at, kind, actor, details)
    values (new.id, at_time, 'registered', actor, jsonb_build_object('address', new.address,
      'onvifPort', new.onvif_port, 'serial', new.serial, 'mac', new.mac,
      'manufacturer', new.manufacturer, 'model', new.model, 'firmware', new.firmware));
  end if;
  if (new.address, new.onvif_port) is distinct from (old.address, old.onvif_port) then
    insert into camera_history (camera_id, at, kind, actor, details)
    values (new.id, at_time, 'address', actor, jsonb_build_object('from', old.address,
      'fromPort', old.onvif_port, 'to', new.address, 'toPort', new.onvif_port));
  end if;
  if (new.serial, new.mac) is distinct from (old.serial, old.mac) then
    insert into camera_history (camera_id, at, kind, actor, details)
    values (new.id, at_time, 'identity', actor, jsonb_build_object('fromSerial', old.serial,
      'fromMac', old.mac, 'serial', new.serial, 'mac', new.mac));
  end if;
  if new.credentials is distinct from old.credentials
      and coalesce(current_setting('nigehban.resealing', true), '') <> 'on' then
    insert into camera_history (camera_id, at, kind, actor) values (new.id, at_time, 'credentials', actor);
  end if;
  if new.lifecycle <> old.lifecycle then
    insert into camera_history (camera_id, at, kind, actor, details)
    values (new.id, at_time, 'lifecycle', actor,
      jsonb_build_object('from', old.lifecycle, 'to', new.lifecycle));
  end if;
  return null;
end $$;

create trigger camera_changed after update on camera for each row
  when ((old.registered_at, old.address, old.onvif_port, old.serial, old.mac, old.credentials,
      old.lifecycle) is distinct from (new.registered_at, new.address, new.onvif_port, new.serial,
      new.mac, new.credentials, new.lifecycle))
  execute function note_camera_change();

-- Views -------------------------------------------------------------------------------------------

-- Reference pictures. Approval is of one assignment: elsewhere the camera is unapproved again.
-- The newest decided picture of an assignment says whether it is approved.
create table camera_view (
  id int generated always as identity primary key,
  camera_id int not null references camera on delete cascade,
  assignment_id int not null references assignment on delete cascade,
  -- JPEG
  picture bytea not null,
  picture_sha256 bytea not null,
  -- As the gateway makes it of the picture (WatchOrder.view.reference); null: not known yet.
  fingerprint text,
  taken_at timestamptz not null,
  taken_by text not null,
  state text not null default 'proposed' check (state in ('proposed', 'approved', 'rejected')),
  approvals_needed smallint not null check (approvals_needed in (1, 2)),
  first_approver text,
  first_approved_at timestamptz,
  second_approver text,
  second_approved_at timestamptz,
  rejected_by text,
  rejected_at timestamptz,
  reject_reason text,
  decided_at timestamptz,
  -- A newer picture of the same assignment was taken (of a proposal) or decided.
  superseded_at timestamptz,
  check (first_approver <> second_approver),
  check ((state = 'proposed') = (decided_at is null))
);
create unique index camera_view_one_proposed on camera_view (assignment_id)
  where state = 'proposed' and superseded_at is null;
create unique index camera_view_one_decided on camera_view (assignment_id)
  where state <> 'proposed' and superseded_at is null;
create index camera_view_camera on camera_view (camera_id, id desc);
create index camera_view_waiting on camera_view (taken_at)
  where state = 'proposed' and superseded_at is null;

-- Policy ------------------------------------------------------------------------------------------

-- How cameras are to be set (CameraPolicy of domain/src/camera-tools.ts). The narrower scope wins,
-- item by item: model, then district, then all.
create table camera_policy (
  id int generated always as identity primary key,
  scope text not null check (scope in ('all', 'district', 'model')),
  -- District code or model name; empty for all.
  scope_value text not null default '',
  -- Without the password.
  policy jsonb not null,
  -- Sealed with AES-256-GCM; the context is `policy <scope> <scope_value>`.
  sealed_password bytea,
  changed_by text not null,
  changed_at timestamptz not null,
  unique (scope, scope_value),
  check ((scope = 'all') = (scope_value = ''))
);

-- How a camera stood against its policy when it was looked at last, and when it is looked at next.
create table camera_policy_report (
  camera_id int primary key references camera on delete cascade,
  checked_at timestamptz,
  -- What was held against it; another policy makes the camera due at once.
  policy_digest text,
  corrected boolean not null default false,
  differs int not null default 0,
  -- CameraPolicyReport.items
  items jsonb not null default '[]',
  fault text,
  evidence text,
  due_at timestamptz not null
);
create index camera_policy_report_due on camera_policy_report (due_at);
