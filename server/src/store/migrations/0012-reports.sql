-- Camera time by day (Pakistan's), place and phase: what reports add up. A province's day is some
-- 30,000 rows, while its facts are tens of millions. Contract: domain/src/report-availability.ts.

create table availability_day (
  observed_ms bigint not null,
  up_ms bigint not null,
  down_ms bigint not null,
  expected_ms bigint not null,
  ours_ms bigint not null,
  unknown_ms bigint not null,
  network_ms bigint not null,
  credentials_ms bigint not null,
  camera_ms bigint not null,
  view_ms bigint not null,
  impaired_ms bigint not null,
  recorded_ms bigint not null,
  not_recorded_ours_ms bigint not null,
  day date not null,
  camera_id int not null references camera on delete cascade,
  station_id int not null references station on delete cascade,
  outages int not null,
  required boolean not null,
  placement text not null,
  phase text not null,
  primary key (day, camera_id, station_id, placement, phase, required)
);

-- Until when the facts of a day are in. A day is closed when it was counted once more from all that
-- came late.
create table availability_progress (
  day date primary key,
  done_until timestamptz not null,
  closed_at timestamptz
);

create index alert_event_opened on alert_event (at) where step in ('opened', 'reopened');
