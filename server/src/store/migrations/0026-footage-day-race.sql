-- Several nodes that met a new day at once: who had waited for the others asked what its own session
-- remembered of the tables' names, found nothing and made the day a second time.

create or replace function add_footage_day(day int) returns boolean language plpgsql as $$
declare
  suffix text := to_char(date '1970-01-01' + day, 'YYYYMMDD');
  from_us bigint := day * 86400000000;
  until_us bigint := (day + 1) * 86400000000;
  parent text;
  part text;
  made boolean := false;
begin
  if to_regclass('segment_' || suffix) is not null and to_regclass('gap_' || suffix) is not null then
    return false;
  end if;
  perform pg_advisory_xact_lock(4206118);
  foreach parent in array array['segment', 'gap'] loop
    part := parent || '_' || suffix;
    -- The catalogue itself: names that were not there are remembered until a table is locked.
    continue when exists (select from pg_class c
      where c.relname = part and c.relnamespace = (
        select p.relnamespace from pg_class p where p.oid = parent::regclass));
    execute format('create table %I (like %I including defaults including constraints)', part, parent);
    execute format('lock table %I in access exclusive mode', parent || '_other');
    execute format(
      'with moved as (delete from %I where start_us >= %s and start_us < %s returning *)
       insert into %I select * from moved', parent || '_other', from_us, until_us, part);
    execute format('alter table %I attach partition %I for values from (%s) to (%s)',
      parent, part, from_us, until_us);
    made := true;
  end loop;
  return made;
end $$;
