-- Rows arrive minute by minute of all cameras: a camera's day lies scattered over as many pages as it
-- has segments. Rewrites a closed day in the order of cameras, once; true when it did. A camera-day is
-- then some thirty pages. Readers go on until the short exchange at the end; late rows of this day
-- wait. When the exchange cannot have its locks, nothing has changed (55P03, 40P01): come again later.
-- Needs the day's size on disk a second time while it runs.
create function order_footage_day(day int) returns boolean language plpgsql as $$
declare
  part text := 'segment_' || to_char(date '1970-01-01' + day, 'YYYYMMDD');
  fresh text := part || '_fresh';
  from_us bigint := day * 86400000000;
  until_us bigint := (day + 1) * 86400000000;
begin
  if to_regclass(part) is null or obj_description(to_regclass(part), 'pg_class') = 'ordered' then
    return false;
  end if;
  execute format('lock table %I in share mode', part);
  execute format('create table %I (like segment including defaults including constraints,
    constraint segment_day check (start_us >= %s and start_us < %s))', fresh, from_us, until_us);
  execute format('insert into %I select * from %I order by camera_id, start_us', fresh, part);
  execute format('alter table %I add primary key (camera_id, start_us)', fresh);
  execute format('analyze %I', fresh);
  set local lock_timeout = '2s';
  execute format('alter table segment detach partition %I', part);
  execute format('drop table %I', part);
  execute format('alter table %I rename to %I', fresh, part);
  execute format('alter index %I rename to %I', fresh || '_pkey', part || '_pkey');
  execute format('alter table segment attach partition %I for values from (%s) to (%s)',
    part, from_us, until_us);
  execute format('alter table %I drop constraint segment_day', part);
  execute format('comment on table %I is %L', part, 'ordered');
  return true;
end $$;
