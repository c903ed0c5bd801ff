-- Who is told of outages, what waits for them, what went out and what came of it. PostgreSQL holds
-- the truth; the queue in Redis only says when to look, and is made again from here.

create table notice_recipient (
  id int generated always as identity primary key,
  name text not null,
  channel text not null check (channel in ('webhook', 'smtp', 'sms', 'push')),
  -- Sealed with AES-256-GCM; the context is `notice recipient`. Push: null.
  target bytea,
  -- What may be shown of the target.
  target_hint text not null,
  -- Push: the user who is told in the console.
  username text,
  language text not null check (language in ('en', 'ur')),
  level text not null check (level in ('district', 'division', 'province')),
  district_code text references district,
  division text,
  min_severity text not null check (min_severity in ('info', 'minor', 'major', 'critical')),
  quiet_from_minute int check (quiet_from_minute between 0 and 1439),
  quiet_to_minute int check (quiet_to_minute between 0 and 1439),
  limit_messages int not null check (limit_messages between 1 and 1000),
  limit_window_ms int not null check (limit_window_ms between 60000 and 86400000),
  enabled boolean not null default true,
  created_at timestamptz not null,
  removed_at timestamptz
);

-- The on-call roster of a recipient.
create table notice_shift (
  id int generated always as identity primary key,
  recipient_id int not null references notice_recipient,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at)
);
create index notice_shift_recipient on notice_shift (recipient_id, ends_at);

-- What goes out: one notice, or many as a digest. Its id is the idempotency key.
create table notice_message (
  id uuid primary key,
  recipient_id int not null references notice_recipient,
  created_at timestamptz not null,
  -- How many notices it tells of.
  notices int not null,
  -- How many of them were held back by quiet hours or the rate limit.
  held_back int not null default 0,
  subject text not null,
  body text not null,
  short_text text not null,
  data jsonb not null,
  state text not null check (state in ('waiting', 'sent', 'dead')),
  attempts int not null default 0,
  -- Waiting: not before then. While an attempt runs: when it counts as lost.
  next_attempt_at timestamptz not null,
  finished_at timestamptz,
  reason text,
  test boolean not null default false
);
create index notice_message_waiting on notice_message (next_attempt_at) where state = 'waiting';
create index notice_message_recipient on notice_message (recipient_id, created_at desc);

-- One recipient is to hear of one occasion. Told once: the key is unique.
create table notice (
  id bigint generated always as identity primary key,
  recipient_id int not null references notice_recipient,
  occasion_key text not null,
  subject_kind text not null check (subject_kind in ('alert', 'incident')),
  subject_id int not null,
  step text not null,
  -- NoticeOccasion of domain/src/notice-occasion.ts
  occasion jsonb not null,
  created_at timestamptz not null,
  not_before timestamptz not null,
  message_id uuid references notice_message,
  -- It became needless before it was sent.
  dropped_at timestamptz,
  unique (recipient_id, occasion_key)
);
create index notice_waiting on notice (recipient_id, not_before)
  where message_id is null and dropped_at is null;
create index notice_subject on notice (subject_kind, subject_id);

create table notice_delivery (
  id bigint generated always as identity primary key,
  message_id uuid not null references notice_message,
  attempt int not null,
  at timestamptz not null,
  outcome text not null check (outcome in ('sent', 'retry', 'refused')),
  detail text not null,
  duration_ms int not null
);
create index notice_delivery_message on notice_delivery (message_id, attempt);

-- When an unacknowledged alert or incident climbs. A row is over when it was done or cancelled.
create table escalation (
  subject_kind text not null check (subject_kind in ('alert', 'incident')),
  subject_id int not null,
  -- Grows when the subject is opened again.
  round int not null,
  level text not null check (level in ('division', 'province')),
  due_at timestamptz not null,
  over_at timestamptz,
  outcome text check (outcome in ('escalated', 'cancelled')),
  primary key (subject_kind, subject_id, round, level)
);
create index escalation_due on escalation (due_at) where over_at is null;
