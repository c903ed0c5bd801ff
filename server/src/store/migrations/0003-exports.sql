-- Exports of footage: what was asked, by whom and why, and how each node's part of it stands. The
-- files themselves lie on the media nodes.

create table export_job (
  id uuid primary key,
  requested_by text not null,
  requested_at timestamptz not null,
  reason text not null,
  from_us bigint not null,
  to_us bigint not null check (to_us > from_us),
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  finished_at timestamptz
);
create index export_job_requested on export_job (requested_at desc);
create index export_job_open on export_job (requested_at) where finished_at is null;

-- One camera's footage on one node; a camera that moved has several, in order of time.
create table export_task (
  export_id uuid not null references export_job on delete cascade,
  camera_id int not null,
  node_id text not null,
  from_us bigint not null,
  to_us bigint not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  progress real not null default 0,
  fault text,
  -- ExportedFile[] and ExportedGap[] of domain/src/footage-export.ts
  files jsonb not null default '[]',
  gaps jsonb not null default '[]',
  primary key (export_id, camera_id, from_us)
);
