-- What a storm costs. The engine's functions take the same steps as before, with plans that do not
-- depend on what the statistics know: in a storm the tables are new every second.

-- The history of a camera is found by the camera, and by the time in which it was written. Its cameras
-- are those of camera_state, which are in the plan: each row need not ask again.
alter table camera_transition
  drop constraint camera_transition_camera_id_fkey,
  drop constraint camera_transition_pkey;
drop index camera_transition_at;
create index camera_transition_at on camera_transition using brin (at) with (pages_per_range = 16);

-- The engine's functions plan their statements anew each time, and with them the check of each row's
-- reference: these are made when the transaction commits.
alter table camera_state alter constraint camera_state_camera_id_fkey deferrable initially deferred;
alter table station_state
  alter constraint station_state_station_id_fkey deferrable initially deferred,
  alter constraint station_state_expected_id_fkey deferrable initially deferred;
alter table alert
  alter constraint alert_station_id_fkey deferrable initially deferred,
  alter constraint alert_expected_id_fkey deferrable initially deferred;
alter table alert_event alter constraint alert_event_alert_id_fkey deferrable initially deferred;

-- Rewritten all the time, mostly in columns without an index: with room in its page a row stays there.
alter table alert set (fillfactor = 60);
alter table identity_doubt set (fillfactor = 60);
-- Those that wait are few, or all of them: found by the index of those that are open.
drop index identity_doubt_pending;
-- Stations of one building are an incident's cause.
create index station_building on station (building_id) where building_id is not null;

-- Makes the states of these stations say what their cameras say, and their alerts what the states
-- say, at the time given. Any number of processes at once; doing it twice changes nothing. An alert
-- that comes again within `p_reopen` of its end is the same alert, reopened.
create or replace function evaluate_stations(p_stations int[], p_at timestamptz, p_reopen interval)
returns table (alert_id int) language plpgsql
-- Each station's rows are looked up by its id, whatever the statistics of a table say that was small a
-- moment ago: other plans take a hundred times as long in a storm.
set jit = off set plan_cache_mode = force_custom_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_dark boolean;
  v_gone int[];
  v_moved int[];
  v_new int[];
  v_families text[];
begin
  insert into station_state (station_id)
    select s.id from station s where s.id = any(p_stations)
      and not exists (select from station_state ss where ss.station_id = s.id)
    order by s.id on conflict do nothing;
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

  -- What is to become of each station's alerts: ended, changed, or not there yet. Whoever ends an
  -- alert holds its station too, so that this stays true. `limit 1` keeps the look-ups look-ups.
  select array_agg(o.id) filter (where w.station_id is null),
    array_agg(o.id) filter (where w.station_id is not null and (o.kind, o.cameras, o.down,
      o.lost_placements, o.missing_placements, o.causes, o.phase, o.coverage, o.expected_id)
      is distinct from (w.kind, w.cameras, w.down, w.lost_placements, w.missing_placements,
        w.causes, w.phase, w.coverage, w.expected_id)),
    array_agg(w.station_id) filter (where o.id is null),
    array_agg(w.family) filter (where o.id is null)
  into v_gone, v_moved, v_new, v_families
  from unnest(p_stations) as given(station_id)
  cross join (values ('OUTAGE'), ('TAMPERED')) as f(family)
  left join lateral (select * from wanted_alert x
    where x.station_id = given.station_id and x.family = f.family limit 1) w on true
  left join lateral (select * from alert x
    where x.station_id = given.station_id and x.family = f.family and x.closed_at is null
    limit 1) o on true
  where o.id is not null or w.station_id is not null;

  if v_gone is not null then
    return query
    with gone as (
      update alert al set closed_at = p_at, version = al.version + 1,
        resolution_cause = coalesce(al.resolution_cause, 'recovered')
      where al.id = any(v_gone)
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
  end if;

  if v_moved is not null then
    return query
    with moved as (
      update alert al set kind = w.kind, cameras = w.cameras, down = w.down,
        lost_placements = w.lost_placements, missing_placements = w.missing_placements,
        causes = w.causes, since = coalesce(w.since, al.since), phase = w.phase,
        coverage = w.coverage, expected_id = w.expected_id, version = al.version + 1
      from unnest(v_moved) as m(id)
      join alert old on old.id = m.id
      cross join lateral (select * from wanted_alert x
        where x.station_id = old.station_id and x.family = old.family limit 1) w
      where al.id = m.id
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
  end if;

  if v_new is null then return; end if;
  return query
  with news as materialized (
    select w.*, before.id as before_id
    from unnest(v_new, v_families) as n(station_id, family)
    cross join lateral (select * from wanted_alert x
      where x.station_id = n.station_id and x.family = n.family limit 1) w
    left join lateral (select old.id from alert old
      where old.station_id = n.station_id and old.family = n.family
        and old.closed_at >= p_at - p_reopen
      order by old.closed_at desc, old.id desc limit 1) before on true
  ), back as (
    update alert al set closed_at = null, acknowledged_at = null, acknowledged_by = null,
      kind = a.kind, cameras = a.cameras, down = a.down, lost_placements = a.lost_placements,
      missing_placements = a.missing_placements, causes = a.causes,
      since = coalesce(a.since, p_at), phase = a.phase, coverage = a.coverage,
      expected_id = a.expected_id, incident_id = null, paged_at = null, escalation_level = 0,
      reopened = al.reopened + 1, reopened_at = p_at, resolution_cause = null,
      resolution_note = null, resolved_by = null, version = al.version + 1
    from news a where al.id = a.before_id
    returning al.id, al.kind, al.cameras, al.down, al.lost_placements, al.causes
  ), opened as (
    insert into alert (station_id, kind, opened_at, cameras, down, lost_placements,
      missing_placements, causes, since, phase, coverage, expected_id)
    select w.station_id, w.kind, p_at, w.cameras, w.down, w.lost_placements, w.missing_placements,
      w.causes, coalesce(w.since, p_at), w.phase, w.coverage, w.expected_id
    from news w where w.before_id is null
    returning id, kind, cameras, down, lost_placements, causes
  ), told as (
    insert into alert_event (alert_id, at, step, details)
    select id, p_at, step, jsonb_build_object('kind', kind, 'cameras', cameras, 'down', down,
      'lostPlacements', lost_placements, 'causes', causes)
    from (select 'reopened' as step, id, kind, cameras, down, lost_placements, causes from back
      union all
      select 'opened', id, kind, cameras, down, lost_placements, causes from opened) as n
  )
  select id from back union all select id from opened;
end $$;

-- Takes in a batch of camera states with the transitions that led to them; the newest version of a
-- camera stays, whatever the order and however often it comes (version 0: newer than what is
-- there). Returns the cameras that it took and the stations and alerts that changed. Evaluates the
-- stations that one of them concerns. Cameras that left the plan are left out.
create or replace function ingest_camera_states(p_states jsonb, p_transitions jsonb, p_at timestamptz,
  p_reopen interval)
returns table (cameras int[], stations int[], alerts int[]) language plpgsql
set jit = off set plan_cache_mode = force_custom_plan
set enable_seqscan = off as $$
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
    -- Of a camera that works it makes no difference to its station how well.
    select s.camera_id, k.camera_id is null
      or (case when camera_is_down(k.kind) or camera_is_tampered(k.kind) then (k.kind, k.fault) end)
        is distinct from
        (case when camera_is_down(s.kind) or camera_is_tampered(s.kind) then (s.kind, s.fault) end)
      as concerns
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
create or replace function stations_out_of_step(p_at timestamptz)
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
  -- `limit 1` keeps the look-ups look-ups, whatever the statistics say.
  select w.station_id from wanted_alert w
  left join lateral (select al.id from alert al where al.station_id = w.station_id
    and al.family = w.family and al.closed_at is null limit 1) al on true
  where al.id is null
  union
  select al.station_id from alert al
  left join lateral (select x.family from wanted_alert x
    where x.station_id = al.station_id and x.family = al.family limit 1) w on true
  where al.closed_at is null and w.family is null
  union
  -- Of stations with news only: for the others it makes no difference.
  select ss.station_id from station_state ss join station s on s.id = ss.station_id
  where (ss.kind <> 'OK' or ss.tampered > 0)
    and (ss.expected_id is not null or exists (select from expected_dark e
      where e.cancelled_at is null and e.starts_at <= p_at and e.ends_at > p_at))
    and ss.expected_id is distinct from expected_dark_of(s, p_at)
$$;
