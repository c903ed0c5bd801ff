-- Elections, each with a poll-phase clock of its own: a by-election in two districts while the others
-- are idle. Contract: domain/src/election-phase.ts, Election; decision 20.

create table election (
  id int generated always as identity primary key,
  name text not null check (name <> ''),
  name_ur text not null,
  -- Where it is held; null: in the whole province.
  district_codes text[] check (cardinality(district_codes) > 0),
  -- Grows with every change of it or of its clock.
  version int not null default 1
);
create unique index election_name on election (lower(name));

-- The clock that was set so far is that of the first election.
insert into election (name, name_ur, district_codes, version)
select 'General election', 'عام انتخابات', null,
  1 + coalesce((select (value->>'version')::int from setting where key = 'phase-clock'), 0);
delete from setting where key = 'phase-clock';

alter table phase_entry add column election_id int references election on delete cascade;
update phase_entry set election_id = (select id from election);
alter table phase_entry alter column election_id set not null;
drop index phase_entry_once;
create unique index phase_entry_once
  on phase_entry (election_id, coalesce(district_code, ''), starts_at);
