-- The alert engine: what a polling station's cameras say together, what is told of it, and why.
-- Lock order of everything that writes here: camera_state in the order of ids, then station_state in
-- the order of ids, then alert and incident. Whoever changes more than one alert holds their
-- station_state rows first.

-- What a station hangs on besides its building and district; null: not known.
alter table station add column uplink text, add column feeder text;

-- Poll-phase clock -------------------------------------------------------------------------------

-- Contract: domain/src/election-phase.ts, PhaseEntry. No district: for those without an own entry.
create table phase_entry (
  id int generated always as identity primary key,
  district_code text references district,
  phase text not null check (phase in
    ('idle', 'install', 'drill', 'eve', 'poll', 'count', 'custody')),
  starts_at timestamptz not null
);
create unique index phase_entry_once on phase_entry (coalesce(district_code, ''), starts_at);

-- Where each district stands now; a district that is not here is in the phase without a clock.
create table district_phase (
  district_code text primary key references district,
  phase text not null,
  since timestamptz not null
);

-- Which placements a station needs in a phase: those it was planned with, or always. A placement
-- that was not planned can be stood in for. The defaults of domain/src/required-placements.ts.
create table phase_placement (
  phase text not null,
  placement text not null,
  need text not null check (need in ('planned', 'always')),
  substitute text,
  primary key (phase, placement)
);
insert into phase_placement (phase, placement, need, substitute)
select phase, placement, 'planned', null
from (values
  ('install', array['ENTRANCE', 'REAR', 'QUEUE', 'BOOTH', 'COUNT_TABLE', 'RO_OFFICE', 'STRONGROOM']),
  ('drill', array['ENTRANCE', 'REAR', 'QUEUE', 'BOOTH', 'COUNT_TABLE', 'RO_OFFICE', 'STRONGROOM']),
  ('eve', array['ENTRANCE', 'REAR', 'QUEUE', 'BOOTH', 'COUNT_TABLE', 'RO_OFFICE', 'STRONGROOM']),
  ('poll', array['ENTRANCE', 'REAR', 'QUEUE', 'BOOTH']),
  ('count', array['ENTRANCE', 'REAR', 'BOOTH', 'RO_OFFICE']),
  ('custody', array['RO_OFFICE', 'STRONGROOM'])
) as d(phase, placements), unnest(d.placements) as placement;
insert into phase_placement values ('count', 'COUNT_TABLE', 'always', 'BOOTH');

-- Expected darkness ------------------------------------------------------------------------------

create table expected_dark (
  id int generated always as identity primary key,
  kind text not null check (kind in ('load-shedding', 'network-cut', 'maintenance', 'silence')),
  scope_kind text not null check (scope_kind in
    ('province', 'district', 'uplink', 'feeder', 'building', 'station')),
  -- District or station code, name of uplink or feeder, id of the building; empty for the province.
  scope_key text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  reason text not null,
  created_by text not null,
  created_at timestamptz not null,
  cancelled_by text,
  cancelled_at timestamptz
);
create index expected_dark_ends on expected_dark (ends_at) where cancelled_at is null;

-- The span that explains a station's darkness; of several the one that ends last, then the oldest.
-- The same as domain/src/expected-dark.ts, expectedAt.
create function expected_dark_of(s station, p_at timestamptz) returns int stable language sql as $$
  select e.id from expected_dark e
  where e.cancelled_at is null and e.starts_at <= p_at and e.ends_at > p_at
    and case e.scope_kind
      when 'province' then true
      when 'district' then e.scope_key = s.district_code
      when 'uplink' then e.scope_key = s.uplink
      when 'feeder' then e.scope_key = s.feeder
      when 'building' then e.scope_key = s.building_id::text
      else e.scope_key = s.code end
  order by e.ends_at desc, e.id limit 1
$$;

-- Incidents --------------------------------------------------------------------------------------

create table incident (
  id int generated always as identity primary key,
  -- OWN: a part of ours failed; its cameras are unknown, not down.
  kind text not null check (kind in ('OUTAGE', 'OWN')),
  cause_kind text not null check (cause_kind in ('building', 'feeder', 'uplink', 'district',
    'province', 'media-node', 'gateway', 'server')),
  cause_key text not null,
  started_at timestamptz not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  -- The wider or likelier incident that took its alerts.
  merged_into int references incident,
  -- Stations dark now, of how many, and the most there were.
  stations int not null,
  of_stations int not null,
  peak_stations int not null,
  evidence jsonb not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  assignee text,
  escalation_level int not null default 0,
  paged_at timestamptz,
  version int not null default 1
);
create unique index incident_one_open on incident (cause_kind, cause_key) where closed_at is null;
create index incident_closed on incident (closed_at desc) where closed_at is not null;

create table incident_event (
  id bigint generated always as identity primary key,
  incident_id int not null references incident,
  at timestamptz not null,
  step text not null check (step in ('opened', 'changed', 'acknowledged', 'assigned', 'escalated',
    'noted', 'merged', 'paged', 'closed')),
  actor text,
  details jsonb not null default '{}'
);
create index incident_event_incident on incident_event (incident_id, id);

-- One process does a duty at a time, while its lease runs.
create table engine_lease (
  name text primary key,
  holder text not null,
  renewed_at timestamptz not null,
  until timestamptz not null
);

-- Alerts -----------------------------------------------------------------------------------------

-- PARTIAL and BLIND are one alert that changes between them; TAMPERED is another.
alter table alert
  drop constraint alert_kind_check,
  add constraint alert_kind_check check (kind in ('PARTIAL', 'BLIND', 'TAMPERED')),
  add column family text not null generated always as
    (case when kind = 'TAMPERED' then 'TAMPERED' else 'OUTAGE' end) stored,
  add column since timestamptz,
  add column phase text not null default 'drill',
  add column coverage real not null default 0,
  add column missing_placements text[] not null default '{}',
  add column expected_id int references expected_dark,
  add column incident_id int references incident,
  -- Nothing is told before: it was just let go by an incident, or comes and goes.
  add column quiet_until timestamptz,
  add column paged_at timestamptz,
  add column assignee text,
  add column escalation_level int not null default 0,
  add column reopened int not null default 0,
  -- When it opened last; opened_at is when it opened first.
  add column reopened_at timestamptz,
  add column resolution_cause text,
  add column resolution_note text,
  add column resolved_by text;
update alert set since = opened_at;
alter table alert alter column since set not null;

drop index alert_one_open_per_station;
create unique index alert_one_open on alert (station_id, family) where closed_at is null;
create index alert_last_closed on alert (station_id, family, closed_at) where closed_at is not null;
create index alert_incident on alert (incident_id) where incident_id is not null;

alter table alert_event
  drop constraint alert_event_step_check,
  add constraint alert_event_step_check check (step in ('opened', 'changed', 'acknowledged',
    'assigned', 'escalated', 'noted', 'grouped', 'paged', 'reopened', 'resolved', 'closed'));

-- Station states ---------------------------------------------------------------------------------

create table station_state (
  station_id int primary key references station,
  kind text not null default 'OK' check (kind in ('OK', 'PARTIAL', 'BLIND')),
  cameras int not null default 0,
  down int not null default 0,
  tampered int not null default 0,
  required int not null default 0,
  covered int not null default 0,
  lost_placements text[] not null default '{}',
  missing_placements text[] not null default '{}',
  since timestamptz,
  tampered_since timestamptz,
  phase text not null default 'drill',
  expected_id int references expected_dark,
  down_cameras int[] not null default '{}',
  tampered_cameras int[] not null default '{}',
  causes jsonb not null default '[]',
  tampered_causes jsonb not null default '[]',
  -- Cameras of an alert that a person closed while they were down: no news until others join them.
  dismissed_down int[],
  dismissed_tampered int[],
  changed_at timestamptz not null default now()
);

-- Rewritten all the time, no indexed column changes: with room in its page a row stays where it is.
alter table camera_state set (fillfactor = 60);
alter table station_state set (fillfactor = 60);

-- The same words as domain/src/camera-state.ts, downStates and tamperedStates.
create function camera_is_down(kind text) returns boolean immutable parallel safe language sql as
$$ select kind in ('UNREACHABLE', 'REFUSED', 'FAILED', 'SILENT', 'FROZEN', 'COVERED', 'DARK') $$;
create function camera_is_tampered(kind text) returns boolean immutable parallel safe language sql as
$$ select kind in ('MOVED', 'BLURRED') $$;

-- What is to be told of stations, at most one row for each (station, family).
create view wanted_alert as
select station_id, 'OUTAGE'::text as family, kind, cameras, down, lost_placements,
  missing_placements, causes, since, phase, expected_id,
  (case when required = 0 then 1 else covered::real / required end)::real as coverage
from station_state
where kind <> 'OK' and not coalesce(down_cameras <@ dismissed_down, false)
union all
select station_id, 'TAMPERED', 'TAMPERED', cameras, tampered, '{}'::text[], '{}'::text[],
  tampered_causes, tampered_since, phase, expected_id,
  (case when required = 0 then 1 else covered::real / required end)::real
from station_state
where tampered > 0 and not coalesce(tampered_cameras <@ dismissed_tampered, false);

-- Makes the states of these stations say what their cameras say, and their alerts what the states
-- say, at the time given. Any number of processes at once; doing it twice changes nothing. An alert
-- that comes again within `p_reopen` of its end is the same alert, reopened.
create function evaluate_stations(p_stations int[], p_at timestamptz, p_reopen interval)
returns table (alert_id int) language plpgsql
-- A plan that is kept from when tables were empty takes a hundred times as long in a storm: planned
-- anew each time, a few milliseconds for a batch.
set jit = off set plan_cache_mode = force_custom_plan as $$
declare
  v_dark boolean;
begin
  insert into station_state (station_id)
    select id from station where id = any(p_stations) order by id on conflict do nothing;
  -- Evaluations of one station wait here for each other; what follows reads what they committed.
  perform from station_state where station_id = any(p_stations) order by station_id for update;
  v_dark := exists (select from expected_dark
    where cancelled_at is null and starts_at <= p_at and ends_at > p_at);

  with fresh as (
    select s.id as station_id, coalesce(st.cameras, 0) as cameras, coalesce(st.down, 0) as down,
      coalesce(st.tampered, 0) as tampered, coalesce(need.required, 0) as required,
      coalesce(need.covered, 0) as covered, coalesce(need.missing, '{}') as missing,
      case when coalesce(st.cameras, 0) = 0 then 'OK'
        when st.down = st.cameras then 'BLIND'
        when st.down > 0 or need.missing is not null then 'PARTIAL'
        else 'OK' end as kind,
      coalesce((select array_agg(p order by p collate "C") from unnest(st.planned) p
        where p <> all (st.working)), '{}') as lost,
      st.since, st.tampered_since, coalesce(dp.phase, 'drill') as phase,
      coalesce(dp.since, p_at) as phase_since,
      coalesce(st.down_cameras, '{}') as down_cameras,
      coalesce(st.tampered_cameras, '{}') as tampered_cameras,
      coalesce(st.causes, '[]') as causes, coalesce(st.tampered_causes, '[]') as tampered_causes,
      case when v_dark then expected_dark_of(s, p_at) end as expected_id
    from unnest(p_stations) as given(station_id)
    join station s on s.id = given.station_id
    left join lateral (
      select count(*)::int as cameras,
        count(*) filter (where is_down)::int as down,
        count(*) filter (where is_tampered)::int as tampered,
        min(since) filter (where is_down) as since,
        min(since) filter (where is_tampered) as tampered_since,
        array_agg(distinct placement) as planned,
        coalesce(array_agg(distinct placement) filter (where not is_down), '{}') as working,
        coalesce(array_agg(camera_id order by camera_id) filter (where is_down), '{}')
          as down_cameras,
        coalesce(array_agg(camera_id order by camera_id) filter (where is_tampered), '{}')
          as tampered_cameras,
        coalesce(jsonb_agg(cause order by camera_id) filter (where is_down), '[]') as causes,
        coalesce(jsonb_agg(cause order by camera_id) filter (where is_tampered), '[]')
          as tampered_causes
      from (
        select a.placement, a.camera_id, cs.since,
          coalesce(camera_is_down(cs.kind), false) as is_down,
          coalesce(camera_is_tampered(cs.kind), false) as is_tampered,
          case when camera_is_down(cs.kind) or camera_is_tampered(cs.kind)
            then jsonb_build_object('cameraId', a.camera_id, 'cameraCode',
              (select c.code from camera c where c.id = a.camera_id), 'state', cs.kind,
              'fault', cs.fault) end as cause
        from assignment a left join camera_state cs on cs.camera_id = a.camera_id
        where a.station_id = s.id and a.valid_to is null
      ) cam
    ) st on true
    left join district_phase dp on dp.district_code = s.district_code
    left join lateral (
      select count(*)::int as required, count(*) filter (where q.covered)::int as covered,
        array_agg(q.placement order by q.placement collate "C") filter (where not q.covered)
          as missing
      from (
        select r.placement, r.placement = any (st.working)
          or (r.placement <> all (st.planned) and coalesce(r.substitute = any (st.working), false))
          as covered
        from phase_placement r
        where r.phase = coalesce(dp.phase, 'drill') and st.cameras > 0
          and (r.need = 'always' or r.placement = any (st.planned))
      ) q
    ) need on true
  )
  update station_state ss set kind = f.kind, cameras = f.cameras, down = f.down,
    tampered = f.tampered, required = f.required, covered = f.covered, lost_placements = f.lost,
    missing_placements = f.missing,
    since = case when f.kind = 'OK' then null when f.down > 0 then f.since
      when ss.down = 0 and ss.since is not null then ss.since else f.phase_since end,
    tampered_since = f.tampered_since, phase = f.phase, expected_id = f.expected_id,
    down_cameras = f.down_cameras, tampered_cameras = f.tampered_cameras, causes = f.causes,
    tampered_causes = f.tampered_causes,
    dismissed_down = case when f.kind = 'OK' then null else ss.dismissed_down end,
    dismissed_tampered = case when f.tampered = 0 then null else ss.dismissed_tampered end,
    changed_at = p_at
  from fresh f
  where ss.station_id = f.station_id
    and (ss.kind, ss.cameras, ss.down, ss.tampered, ss.required, ss.covered, ss.lost_placements,
      ss.missing_placements, ss.tampered_since, ss.phase, ss.expected_id, ss.down_cameras,
      ss.tampered_cameras, ss.causes, ss.tampered_causes)
    is distinct from (f.kind, f.cameras, f.down, f.tampered, f.required, f.covered, f.lost,
      f.missing, f.tampered_since, f.phase, f.expected_id, f.down_cameras, f.tampered_cameras,
      f.causes, f.tampered_causes);

  return query
  with gone as (
    update alert al set closed_at = p_at, version = al.version + 1,
      resolution_cause = coalesce(al.resolution_cause, 'recovered')
    from unnest(p_stations) as given(station_id)
    where al.station_id = given.station_id and al.closed_at is null
      and not exists (select from wanted_alert w
        where w.station_id = given.station_id and w.family = al.family)
    returning al.id, al.version, al.paged_at
  ), told as (
    insert into alert_event (alert_id, at, step) select id, p_at, 'closed' from gone
  ), put as (
    insert into outbox (key, topic, payload)
    select format('alert-%s-%s-closed', id, version), 'alert-step',
      jsonb_build_object('alertId', id, 'step', 'closed', 'version', version)
    from gone where paged_at is not null
    on conflict (key) do nothing
  )
  select id from gone;

  return query
  with moved as (
    update alert al set kind = w.kind, cameras = w.cameras, down = w.down,
      lost_placements = w.lost_placements, missing_placements = w.missing_placements,
      causes = w.causes, since = coalesce(w.since, al.since), phase = w.phase,
      coverage = w.coverage, expected_id = w.expected_id, version = al.version + 1
    from unnest(p_stations) as given(station_id)
    join alert old on old.station_id = given.station_id and old.closed_at is null
    join wanted_alert w on w.station_id = given.station_id and w.family = old.family
    where al.id = old.id and al.closed_at is null
      and (al.kind, al.cameras, al.down, al.lost_placements, al.missing_placements, al.causes,
        al.phase, al.coverage, al.expected_id)
      is distinct from (w.kind, w.cameras, w.down, w.lost_placements, w.missing_placements,
        w.causes, w.phase, w.coverage, w.expected_id)
    returning al.id, al.version, al.paged_at, al.kind, al.cameras, al.down, al.lost_placements,
      al.causes, old.kind as old_kind,
      (old.kind, old.down, old.lost_placements, old.causes)
        is distinct from (al.kind, al.down, al.lost_placements, al.causes) as news
  ), told as (
    insert into alert_event (alert_id, at, step, details)
    select id, p_at, 'changed', jsonb_build_object('kind', kind, 'cameras', cameras, 'down', down,
      'lostPlacements', lost_placements, 'causes', causes)
    from moved where news
  ), put as (
    insert into outbox (key, topic, payload)
    select format('alert-%s-%s-changed', id, version), 'alert-step',
      jsonb_build_object('alertId', id, 'step', 'changed', 'version', version)
    from moved where paged_at is not null and kind is distinct from old_kind
    on conflict (key) do nothing
  )
  select id from moved;

  return query
  with again as (
    select al.id, w.*
    from unnest(p_stations) as given(station_id)
    join wanted_alert w on w.station_id = given.station_id
    cross join lateral (select old.id from alert old
      where old.station_id = w.station_id and old.family = w.family
        and old.closed_at >= p_at - p_reopen
      order by old.closed_at desc, old.id desc limit 1) al
    where not exists (select from alert o
      where o.station_id = w.station_id and o.family = w.family and o.closed_at is null)
  ), back as (
    update alert al set closed_at = null, acknowledged_at = null, acknowledged_by = null,
      kind = a.kind, cameras = a.cameras, down = a.down, lost_placements = a.lost_placements,
      missing_placements = a.missing_placements, causes = a.causes,
      since = coalesce(a.since, p_at), phase = a.phase, coverage = a.coverage,
      expected_id = a.expected_id, incident_id = null, paged_at = null, escalation_level = 0,
      reopened = al.reopened + 1, reopened_at = p_at, resolution_cause = null,
      resolution_note = null, resolved_by = null, version = al.version + 1
    from again a where al.id = a.id
    returning al.id, al.kind, al.cameras, al.down, al.lost_placements, al.causes
  ), told as (
    insert into alert_event (alert_id, at, step, details)
    select id, p_at, 'reopened', jsonb_build_object('kind', kind, 'cameras', cameras, 'down', down,
      'lostPlacements', lost_placements, 'causes', causes)
    from back
  )
  select id from back;

  return query
  with opened as (
    insert into alert (station_id, kind, opened_at, cameras, down, lost_placements,
      missing_placements, causes, since, phase, coverage, expected_id)
    select w.station_id, w.kind, p_at, w.cameras, w.down, w.lost_placements, w.missing_placements,
      w.causes, coalesce(w.since, p_at), w.phase, w.coverage, w.expected_id
    from unnest(p_stations) as given(station_id)
    join wanted_alert w on w.station_id = given.station_id
    where not exists (select from alert o
      where o.station_id = w.station_id and o.family = w.family and o.closed_at is null)
    returning id, kind, cameras, down, lost_placements, causes
  ), told as (
    insert into alert_event (alert_id, at, step, details)
    select id, p_at, 'opened', jsonb_build_object('kind', kind, 'cameras', cameras, 'down', down,
      'lostPlacements', lost_placements, 'causes', causes)
    from opened
  )
  select id from opened;
end $$;

-- The history is a set: a transition told twice is in it once.
delete from camera_transition a using camera_transition b
where a.camera_id = b.camera_id and a.at = b.at and a.from_kind = b.from_kind
  and a.to_kind = b.to_kind and a.id > b.id;
drop index camera_transition_camera;
create unique index camera_transition_once on camera_transition (camera_id, at, from_kind, to_kind);

-- Takes in a batch of camera states with the transitions that led to them; the newest version of a
-- camera stays, whatever the order and however often it comes (version 0: newer than what is
-- there). Returns the cameras that it took and the stations and alerts that changed. Evaluates the stations that one of them concerns. Cameras that left the plan are left out.
create function ingest_camera_states(p_states jsonb, p_transitions jsonb, p_at timestamptz,
  p_reopen interval)
returns table (cameras int[], stations int[], alerts int[]) language plpgsql
set jit = off set plan_cache_mode = force_custom_plan as $$
declare
  v_alerts int[];
begin
  with given as (
    select distinct on (x.camera_id) x.*
    from jsonb_to_recordset(p_states) as x(camera_id int, kind text, since timestamptz, fault text,
      evidence text, stream_fault text, stream_evidence text, last_frame_at timestamptz,
      recording boolean, detail jsonb, version bigint)
    order by x.camera_id, x.version = 0 desc, x.version desc
  ), known as (
    select cs.camera_id, cs.kind, cs.fault from camera_state cs
    where cs.camera_id in (select g.camera_id from given g)
    order by cs.camera_id for update
  ), stored as (
    insert into camera_state as cs (camera_id, kind, since, fault, evidence, stream_fault,
      stream_evidence, last_frame_at, recording, detail, version)
    select g.camera_id, g.kind, g.since, g.fault, g.evidence, g.stream_fault, g.stream_evidence,
      g.last_frame_at, g.recording, coalesce(g.detail, '{}'), coalesce(g.version, 0)
    from given g left join known k on k.camera_id = g.camera_id
    where exists (select from camera c where c.id = g.camera_id)
    order by g.camera_id
    on conflict (camera_id) do update set
      kind = excluded.kind, since = excluded.since, fault = excluded.fault,
      evidence = excluded.evidence, stream_fault = excluded.stream_fault,
      stream_evidence = excluded.stream_evidence, last_frame_at = excluded.last_frame_at,
      recording = excluded.recording, detail = excluded.detail,
      version = case excluded.version when 0 then cs.version + 1 else excluded.version end
    where excluded.version = 0 or cs.version < excluded.version
    returning cs.camera_id, cs.kind, cs.fault
  ), touched as (
    select s.camera_id, (k.camera_id is null
      or (k.kind, k.fault) is distinct from (s.kind, s.fault)) as concerns
    from stored s left join known k on k.camera_id = s.camera_id
  )
  select array_agg(t.camera_id order by t.camera_id),
    array_agg(distinct a.station_id) filter (where t.concerns and a.station_id is not null)
  into cameras, stations
  from touched t left join assignment a on a.camera_id = t.camera_id and a.valid_to is null;

  insert into camera_transition (camera_id, at, from_kind, to_kind, fault, evidence)
  select x.* from jsonb_to_recordset(p_transitions) as x(camera_id int, at timestamptz,
    from_kind text, to_kind text, fault text, evidence text)
  where x.camera_id = any(cameras)
  order by x.camera_id, x.at
  on conflict do nothing;

  if stations is not null then
    select array_agg(distinct e.alert_id) into v_alerts
    from evaluate_stations(stations, p_at, p_reopen) e;
  end if;
  cameras := coalesce(cameras, '{}');
  stations := coalesce(stations, '{}');
  alerts := coalesce(v_alerts, '{}');
  return next;
end $$;

-- Stations whose state or alert is out of step with their cameras, phase or expected darkness, for
-- whatever reason: the plan changed, something was lost, somebody wrote by hand.
create function stations_out_of_step(p_at timestamptz)
returns setof int stable language sql as $$
  with cam as (
    select a.station_id, count(*)::int as cameras,
      count(*) filter (where camera_is_down(cs.kind))::int as down,
      count(*) filter (where camera_is_tampered(cs.kind))::int as tampered
    from assignment a left join camera_state cs on cs.camera_id = a.camera_id
    where a.valid_to is null group by a.station_id
  )
  select s.id from station s
  left join cam on cam.station_id = s.id
  left join station_state ss on ss.station_id = s.id
  left join district_phase dp on dp.district_code = s.district_code
  where (ss.station_id is null and cam.cameras > 0)
    or coalesce(ss.cameras, 0) <> coalesce(cam.cameras, 0)
    or coalesce(ss.down, 0) <> coalesce(cam.down, 0)
    or coalesce(ss.tampered, 0) <> coalesce(cam.tampered, 0)
    or (ss.station_id is not null and ss.phase <> coalesce(dp.phase, 'drill'))
  union
  select w.station_id from wanted_alert w
  where not exists (select from alert al where al.station_id = w.station_id
    and al.family = w.family and al.closed_at is null)
  union
  select al.station_id from alert al
  where al.closed_at is null and not exists (select from wanted_alert w
    where w.station_id = al.station_id and w.family = al.family)
  union
  -- Of stations with news only: for the others it makes no difference.
  select ss.station_id from station_state ss join station s on s.id = ss.station_id
  where (ss.kind <> 'OK' or ss.tampered > 0)
    and ss.expected_id is distinct from expected_dark_of(s, p_at)
$$;

-- Handled by whoever consumes it. What was queued and is not handled in time is queued again: a lost
-- Redis loses nothing.
alter table outbox add column done_at timestamptz;
update outbox set done_at = sent_at where sent_at is not null;
delete from outbox where topic = 'station-outage';
drop index outbox_sent;
create index outbox_unhandled on outbox (sent_at) where done_at is null and sent_at is not null;
create index outbox_done on outbox (done_at) where done_at is not null;
