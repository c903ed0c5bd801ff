-- Uplink and feeder come with the plan: names are looked up and counted, and reports of drafts count
-- the stations whose supply changes. Districts come with a list.

create index station_uplink on station (uplink) where uplink is not null;
create index station_feeder on station (feeder) where feeder is not null;

-- Reports made before say nothing of it.
update plan_draft set report = jsonb_set(
  jsonb_set(report, '{stations,resupplied}', '0'), '{districts}',
  coalesce((select jsonb_agg(d || '{"resupplied": 0}') from jsonb_array_elements(report->'districts') d),
    '[]'))
where report is not null;

-- An import may change stations alone.
alter table plan_import add column stations int not null default 0;

-- Districts that an administrator's list removed: the file that every start reads must not bring them
-- back.
create table removed_district (
  code text primary key,
  at timestamptz not null
);
