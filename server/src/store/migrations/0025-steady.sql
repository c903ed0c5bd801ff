-- What a steady trickle of changes costs: evaluations sort each station's cameras once, and look at all
-- alerts of a batch together.

create or replace function evaluate_stations(p_stations int[], p_at timestamptz, p_reopen interval)
returns table (alert_id int) language plpgsql
-- Each station's rows are looked up by its id, whatever the statistics of a table say that was small a
-- moment ago: other plans take a hundred times as long in a storm.
-- They are planned with each use: in the order in which they stand, without trying all others.
set jit = off set plan_cache_mode = force_custom_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set join_collapse_limit = 1 set from_collapse_limit = 1 as $$
declare
  v_known int;
  v_dark boolean;
  v_gone int[];
  v_moved int[];
  v_new int[];
  v_families text[];
begin
  -- Before any station is held: two that make the same ones wait for each other in one direction only.
  select count(*) into v_known from station_state where station_id = any(p_stations);
  if v_known < cardinality(p_stations) then
    insert into station_state (station_id)
      select s.id from station s where s.id = any(p_stations) order by s.id on conflict do nothing;
  end if;
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
      case when st.down > 0 then coalesce((select array_agg(distinct p collate "C")
        from unnest(st.planned) p where p <> all (st.working)), '{}') else '{}' end as lost,
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
        array_agg(placement) as planned,
        coalesce(array_agg(placement) filter (where not is_down), '{}') as working,
        array_agg(camera_id) filter (where is_down) as down_cameras,
        array_agg(camera_id) filter (where is_tampered) as tampered_cameras,
        jsonb_agg(cause) filter (where is_down) as causes,
        jsonb_agg(cause) filter (where is_tampered) as tampered_causes
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
        -- Sorted once: the aggregates take their rows in this order.
        order by a.camera_id
      ) cam
    ) st on true
    left join district_phase dp on dp.district_code = s.district_code
    left join lateral (
      select count(*)::int as required, count(*) filter (where q.covered)::int as covered,
        array_agg(q.placement) filter (where not q.covered) as missing
      from (
        select r.placement, r.placement = any (st.working)
          or (r.placement <> all (st.planned) and coalesce(r.substitute = any (st.working), false))
          as covered
        from phase_placement r
        where r.phase = coalesce(dp.phase, 'drill') and st.cameras > 0
          and (r.need = 'always' or r.placement = any (st.planned))
        order by r.placement collate "C"
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
  -- alert holds its station too, so that this stays true.
  select array_agg(o.id) filter (where w.station_id is null),
    array_agg(o.id) filter (where w.station_id is not null and (o.kind, o.cameras, o.down,
      o.lost_placements, o.missing_placements, o.causes, o.phase, o.coverage, o.expected_id)
      is distinct from (w.kind, w.cameras, w.down, w.lost_placements, w.missing_placements,
        w.causes, w.phase, w.coverage, w.expected_id)),
    array_agg(w.station_id) filter (where o.id is null),
    array_agg(w.family) filter (where o.id is null)
  into v_gone, v_moved, v_new, v_families
  from (select * from wanted_alert where station_id = any(p_stations)) w
  full join (select * from alert where station_id = any(p_stations) and closed_at is null) o
    on o.station_id = w.station_id and o.family = w.family;

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
    left join lateral (
      -- The last one that opened is the last that closed: a family has one open alert at a time.
      select last.id from (select old.id, old.closed_at from alert old
        where old.station_id = n.station_id and old.family = n.family
        order by old.opened_at desc, old.id desc limit 1) last
      where last.closed_at >= p_at - p_reopen) before on true
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

-- Nothing looks for an alert by these any more, and every alert that ends or comes back was put into it.
drop index alert_last_closed;

-- Every step of an alert is written by the statement that changes the alert, and alerts stay: asking for
-- each step whether its alert is there was a twenty-fifth of what PostgreSQL did.
alter table alert_event
  drop constraint alert_event_alert_id_fkey,
  drop constraint alert_event_pkey,
  add constraint alert_event_pkey primary key (alert_id, id);
drop index alert_event_alert;

-- When a camera said last who it is. Not in its own row: that is wide, and each change of it is held
-- against what a plan's import and the camera's history have to remember.
create table identity_proof (
  camera_id int primary key,
  checked_at timestamptz not null
) with (fillfactor = 60);
insert into identity_proof
  select id, identity_checked_at from camera where identity_checked_at is not null;
alter table camera drop column identity_checked_at;

-- Proofs and doubts are made of cameras that were just looked up; asking for each camera again cost as
-- much as the steps of alerts, and held its row. A camera goes only with the import that brought it.
alter table identity_doubt drop constraint identity_doubt_camera_id_fkey;
create function forget_identity() returns trigger language plpgsql as $$
begin
  delete from identity_doubt where camera_id in (select id from gone);
  delete from identity_proof where camera_id in (select id from gone);
  return null;
end $$;
create trigger camera_identity_gone after delete on camera referencing old table as gone
  for each statement execute function forget_identity();

-- Alerts tell how many notes they have, and few have any.
create index alert_event_noted on alert_event (alert_id) where step = 'noted';

-- Looked for every five seconds, and few are.
create index camera_unregistered on camera (id) where registered_at is null;

-- Nobody looks for rows by these: counting what is in them was most of what ANALYZE did, once a minute.
alter table camera_state
  alter evidence set statistics 0, alter stream_evidence set statistics 0,
  alter detail set statistics 0;
alter table station_state
  alter lost_placements set statistics 0, alter missing_placements set statistics 0,
  alter down_cameras set statistics 0, alter tampered_cameras set statistics 0,
  alter dismissed_down set statistics 0, alter dismissed_tampered set statistics 0,
  alter causes set statistics 0, alter tampered_causes set statistics 0;
alter table alert
  alter lost_placements set statistics 0, alter missing_placements set statistics 0,
  alter causes set statistics 0;
alter table alert_event alter details set statistics 0;
alter table camera_transition alter evidence set statistics 0;
alter table identity_doubt alter evidence set statistics 0;
