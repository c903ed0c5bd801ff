-- Footage that must not be deleted. A hold is never deleted either, only released: who kept what,
-- and until when, stays known. No reference to camera: it may leave the plan, its footage stays.
create table legal_hold (
  id int generated always as identity primary key,
  camera_id int not null,
  from_us bigint not null,
  to_us bigint not null,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz not null,
  released_by text,
  released_at timestamptz,
  check (to_us >= from_us)
);
create index legal_hold_in_force on legal_hold (camera_id) where released_at is null;

-- How far the index has followed a camera's log of removals on a node.
create table footage_removal (
  node_id text not null,
  camera_id int not null,
  sequence bigint not null,
  primary key (node_id, camera_id)
);
