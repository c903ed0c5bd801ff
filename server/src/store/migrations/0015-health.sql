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

-- Renews a process's lease, notes the media nodes that are linked to it and when nobody watched, and
-- tells who else lives. Times are the database's own: the clocks of the processes need not agree.
create function beat_server_process(process_id text, linked_nodes text[], lease interval)
returns jsonb language plpgsql as $$
begin
  -- Of processes that begin at once, one finds the gap before them.
  perform pg_advisory_xact_lock(4206119);
  -- Nobody lived until this moment: from the last word of the last process on nobody watched.
  insert into watch_gap (node_id, from_at, to_at)
  select null, last.beat_at, now()
  from (select max(beat_at) as beat_at, max(lease_until) as lease_until from server_process) last
  where last.lease_until < now();
  insert into server_process (id, beat_at, lease_until)
  values (process_id, now(), now() + lease)
  on conflict (id) do update set beat_at = excluded.beat_at, lease_until = excluded.lease_until;
  delete from server_process where lease_until < now() - interval '1 hour';
  update node set server_id = process_id
  where role = 'media' and id = any(linked_nodes) and server_id is distinct from process_id;
  update node set server_id = null
  where role = 'media' and server_id = process_id and id <> all(linked_nodes);
  -- Nobody tells of an unlinked node's cameras until it is back, or its lease is over and others do.
  insert into watch_gap (node_id, from_at)
  select n.id, n.unlinked_at from node n
  where n.role = 'media' and n.unlinked_at is not null
    and not exists (select from watch_gap g where g.node_id = n.id and g.from_at = n.unlinked_at)
  on conflict (coalesce(node_id, '')) where to_at is null do nothing;
  update watch_gap g
  set to_at = greatest(g.from_at,
    case when n.unlinked_at is null then n.linked_at else n.lease_until end)
  from node n
  where g.to_at is null and n.role = 'media' and n.id = g.node_id
    and (n.unlinked_at is null or n.lease_until <= now());
  return jsonb_build_object(
    'servers', (select coalesce(jsonb_agg(id order by id), '[]') from server_process
      where lease_until > now()),
    'nodes', (select coalesce(jsonb_agg(jsonb_build_array(n.id, n.server_id)), '[]')
      from node n join server_process s on s.id = n.server_id and s.lease_until > now()
      where n.role = 'media'));
end $$;
