-- The index of the footage by days (UTC): a fleet writes tens of millions of rows a day, and a day
-- goes as one piece, without DELETE and VACUUM. A row states no path: it follows from camera and
-- start (docs/footage-format.md). Wide columns first: no bytes for alignment.

alter table segment rename to segment_before;
alter table segment_before rename constraint segment_pkey to segment_before_pkey;
alter table gap rename to gap_before;
alter table gap_before rename constraint gap_pkey to gap_before_pkey;

create table segment (
  start_us bigint not null,
  end_us bigint not null,
  sequence bigint not null,
  bytes bigint not null,
  camera_id int not null,
  frames int not null,
  flags int not null,
  sha256 bytea not null,
  node_id text not null,
  codec text not null,
  primary key (camera_id, start_us)
) partition by range (start_us);

create table gap (
  start_us bigint not null,
  end_us bigint not null,
  sequence bigint not null,
  camera_id int not null,
  node_id text not null,
  cause text not null,
  primary key (camera_id, start_us, cause)
) partition by range (start_us);
-- A gap may begin days before the range that it reaches into.
create index gap_end on gap (camera_id, end_us);

-- What no day was made for, because its time cannot be right (domain/src/footage-days.ts).
create table segment_other partition of segment default;
create table gap_other partition of gap default;

-- Makes the partitions of a day, given in days since 1970-01-01, where they are missing; true when
-- it made one. Readers and writers of other days are not held up: the tables are made beside the
-- parents and attached, which locks only the default partition against them. (A row of this very day
-- on its way into the default partition is refused meanwhile, 23514: writers ask for the day first.)
create function add_footage_day(day int) returns boolean language plpgsql as $$
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
  -- Any number of our own: several nodes meet a new day at once.
  perform pg_advisory_xact_lock(4206118);
  foreach parent in array array['segment', 'gap'] loop
    part := parent || '_' || suffix;
    continue when to_regclass(part) is not null;
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

do $$
declare
  day int;
  us_per_day constant bigint := 86400000000;
begin
  for day in
    select distinct start_us / us_per_day from segment_before
    union select distinct start_us / us_per_day from gap_before
  loop
    continue when day < date '2020-01-01' - date '1970-01-01';
    continue when day > (now() at time zone 'UTC')::date - date '1970-01-01' + 7;
    perform add_footage_day(day);
  end loop;
end $$;

insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256, flags, codec)
  select camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256, flags, codec
  from segment_before order by start_us;
insert into gap (camera_id, start_us, end_us, sequence, node_id, cause)
  select camera_id, start_us, end_us, sequence, node_id, cause from gap_before order by start_us;

drop table segment_before;
drop table gap_before;
