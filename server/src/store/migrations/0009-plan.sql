-- What a deployment plan says beyond the first version, the drafts from which plans are applied, and
-- what an import changed, so that it can be undone.

-- Content ----------------------------------------------------------------------------------------

-- Numbers of the National Assembly constituencies, as `117-130`.
alter table district add column na_ranges text;

alter table building
  add column name text,
  add column name_ur text;

alter table station
  add column pp_constituency_code text references constituency,
  add column pp_number int,
  add column permanence text check (permanence in ('PERMANENT', 'TEMPORARY')),
  add column voters int,
  add column booths_male int,
  add column booths_female int;

alter table booth add column booth_type text check (booth_type in ('MALE', 'FEMALE'));

-- Categories change until the day before the poll: which one held when.
create table station_category (
  station_id int not null references station,
  valid_from date not null,
  valid_to date,
  category text not null check (category in ('HIGHLY_SENSITIVE', 'SENSITIVE', 'NORMAL')),
  primary key (station_id, valid_from)
);

-- Drafts -----------------------------------------------------------------------------------------

create table plan_draft (
  id uuid primary key,
  file_name text not null,
  size_bytes bigint not null,
  format text not null check (format in ('csv', 'xlsx')),
  created_by text not null,
  created_at timestamptz not null,
  state text not null check (state in
    ('reading', 'mapping', 'checking', 'ready', 'applying', 'applied', 'failed')),
  -- Of whoever works on it: older than a few seconds, nobody does.
  touched_at timestamptz not null,
  revision int not null default 1,
  rows int not null default 0,
  header text[] not null default '{}',
  signature text not null default '',
  mapping jsonb not null default '{}',
  mapping_remembered boolean not null default false,
  sample jsonb not null default '[]',
  -- The file's cells and the corrections, compressed and sealed: they hold the cameras' passwords.
  -- Gone when the draft is applied.
  content bytea,
  edits bytea,
  edit_count int not null default 0,
  report jsonb,
  removed text[] not null default '{}',
  fault jsonb,
  import_id int
);
create index plan_draft_created on plan_draft (created_at desc);

create table plan_draft_issue (
  draft_id uuid not null references plan_draft on delete cascade,
  id int not null,
  row_number int not null,
  column_key text not null,
  code text not null,
  severity text not null,
  value text not null,
  message text not null,
  about text not null,
  district_code text,
  primary key (draft_id, id)
);

-- Which column of a file is which, by its headings.
create table plan_mapping (
  signature text primary key,
  mapping jsonb not null,
  used_by text not null,
  used_at timestamptz not null
);

-- Imports ----------------------------------------------------------------------------------------

create table plan_import (
  id int generated always as identity primary key,
  at timestamptz not null,
  actor text,
  file_name text,
  counts jsonb not null default '{}',
  undone_at timestamptz,
  undone_by text
);

-- Row images, statement by statement. Only the latest import keeps its own.
create table plan_import_change (
  import_id int not null references plan_import on delete cascade,
  step bigint not null,
  table_name text not null,
  operation text not null check (operation in ('insert', 'update', 'delete')),
  before jsonb,
  after jsonb
);
create index plan_import_change_step on plan_import_change (import_id, step);
create sequence plan_import_step;

-- Records what an import writes; the import says so with its transaction (nigehban.plan_import), so
-- that no statement of it can be forgotten. Arguments: the columns of the table's key.
create function plan_capture() returns trigger language plpgsql as $$
declare
  import int := nullif(current_setting('nigehban.plan_import', true), '')::int;
begin
  if import is null then return null; end if;
  if tg_op = 'INSERT' then
    insert into plan_import_change
    select import, s.step, tg_table_name, 'insert', null, to_jsonb(n)
    from after_rows n cross join (select nextval('plan_import_step') as step) s;
  elsif tg_op = 'DELETE' then
    insert into plan_import_change
    select import, s.step, tg_table_name, 'delete', to_jsonb(o), null
    from before_rows o cross join (select nextval('plan_import_step') as step) s;
  else
    execute format(
      'insert into plan_import_change
       select $1, $2, $3, ''update'', to_jsonb(o), to_jsonb(n)
       from before_rows o join after_rows n using (%s) where to_jsonb(o) <> to_jsonb(n)',
      array_to_string(tg_argv, ', '))
      using import, nextval('plan_import_step'), tg_table_name;
  end if;
  return null;
end $$;

do $$
declare
  entry record;
begin
  for entry in
    select * from (values
      ('district', 'code'), ('constituency', 'code'),
      ('constituency_district', 'constituency_code, district_code'), ('building', 'id'),
      ('station', 'id'), ('station_category', 'station_id, valid_from'),
      ('booth', 'station_id, number'), ('camera', 'id'), ('assignment', 'id')) as x(name, key)
  loop
    execute format('create trigger plan_capture_insert after insert on %I
      referencing new table as after_rows for each statement execute function plan_capture(%L)',
      entry.name, entry.key);
    execute format('create trigger plan_capture_update after update on %I
      referencing old table as before_rows new table as after_rows
      for each statement execute function plan_capture(%L)', entry.name, entry.key);
    execute format('create trigger plan_capture_delete after delete on %I
      referencing old table as before_rows for each statement execute function plan_capture(%L)',
      entry.name, entry.key);
  end loop;
end $$;

-- Columns that a plan manages; a change of one since the import makes its undoing unsafe. Others
-- (what registration learned) may have changed. Null: all columns.
create function plan_managed(table_name text) returns text[] immutable language sql as $$
  select case table_name
    when 'camera' then array['id', 'code', 'serial', 'mac', 'planned_address', 'planned_onvif_port',
      'credentials', 'lifecycle']
    when 'assignment' then array['id', 'camera_id', 'station_id', 'placement', 'booth',
      'valid_from', 'valid_to']
  end
$$;

-- Restores what an import changed, its last statement first. Raises NG001 when something has changed
-- since, or stands on what would go.
create function plan_undo(undone int) returns void language plpgsql as $$
declare
  entry record;
  key_json_row text;
  key_json_image text;
  set_columns text;
  record_columns text;
  hits bigint;
  wanted bigint;
begin
  for entry in
    select c.step, c.table_name, c.operation, count(*) as rows,
      (select array_agg(a.attname::text order by a.attnum) from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
        where i.indrelid = c.table_name::regclass and i.indisprimary) as keys
    from plan_import_change c where c.import_id = undone
    group by c.step, c.table_name, c.operation order by c.step desc
  loop
    select 'jsonb_build_array(' || string_agg(format('t.%I', k), ', ') || ')',
      'jsonb_build_array(' || string_agg(format('c.%%1$s->%L', k), ', ') || ')'
    into key_json_row, key_json_image from unnest(entry.keys) k;
    select string_agg(quote_ident(attname), ', '), string_agg('r.' || quote_ident(attname), ', ')
    into set_columns, record_columns from pg_attribute
    where attrelid = entry.table_name::regclass and attnum > 0 and not attisdropped
      and attidentity = '' and attgenerated = '';

    if entry.operation in ('insert', 'update') then
      -- The row as JSON once, not once for each of its columns.
      execute format(
        'select count(*) from plan_import_change c join %I t on %s = %s
         cross join lateral (select to_jsonb(t) as image offset 0) current_row
         where c.import_id = $1 and c.step = $2 and not exists (
           select from jsonb_each(c.after) a
           where ($3 is null or a.key = any($3))
             and current_row.image->a.key is distinct from a.value)',
        entry.table_name, key_json_row, format(key_json_image, 'after'))
      into hits using undone, entry.step, plan_managed(entry.table_name);
      if hits <> entry.rows then
        raise exception using errcode = 'NG001', message = format(
          '%s rows of %s were changed since', entry.rows - hits, entry.table_name);
      end if;
    end if;

    if entry.operation = 'insert' then
      if entry.table_name = 'camera' then
        select count(*) into hits from camera t
        join plan_import_change c on (c.after->>'id')::int = t.id
        where c.import_id = undone and c.step = entry.step
          and (t.registered_at is not null
            or exists (select from segment s where s.camera_id = t.id));
        if hits > 0 then
          raise exception using errcode = 'NG001',
            message = format('%s added cameras were registered since', hits);
        end if;
        delete from camera_node where camera_id in (select (after->>'id')::int
          from plan_import_change where import_id = undone and step = entry.step);
        delete from camera_transition where camera_id in (select (after->>'id')::int
          from plan_import_change where import_id = undone and step = entry.step);
        delete from camera_state where camera_id in (select (after->>'id')::int
          from plan_import_change where import_id = undone and step = entry.step);
      elsif entry.table_name = 'station' then
        delete from station_state where station_id in (select (after->>'id')::int
          from plan_import_change where import_id = undone and step = entry.step);
      end if;
      execute format('delete from %I t using plan_import_change c
        where c.import_id = $1 and c.step = $2 and %s = %s',
        entry.table_name, key_json_row, format(key_json_image, 'after')) using undone, entry.step;
    elsif entry.operation = 'update' then
      execute format(
        'update %I t set (%s) = (select %s from jsonb_populate_record(t, (
           select coalesce(jsonb_object_agg(b.key, b.value), ''{}'') from jsonb_each(c.before) b
           where b.value is distinct from c.after->b.key)) r)
         from plan_import_change c where c.import_id = $1 and c.step = $2 and %s = %s',
        entry.table_name, set_columns, record_columns, key_json_row,
        format(key_json_image, 'after')) using undone, entry.step;
    else
      execute format('insert into %I overriding system value
        select r.* from plan_import_change c, jsonb_populate_record(null::%I, c.before) r
        where c.import_id = $1 and c.step = $2', entry.table_name, entry.table_name)
        using undone, entry.step;
    end if;
  end loop;
end $$;
