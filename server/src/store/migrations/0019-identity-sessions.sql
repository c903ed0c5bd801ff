-- Footage is withheld from the break of a stream until the camera proved again who it is. A doubt that
-- is open (`to_at` is null) follows the stream's session: what proves, proves that session.

alter table identity_doubt
  alter column to_at drop not null,
  -- UNPROVEN: nobody asked yet, withheld. RELEASED: it could not be asked in time, shown, and known in
  -- case another camera turns up later. CONFIRMED: another camera was there, withheld for good.
  add column state text not null default 'CONFIRMED'
    check (state in ('UNPROVEN', 'RELEASED', 'CONFIRMED')),
  -- When the pictures under way began, by the node's clock, and the host and port that they come from.
  add column session_at timestamptz,
  add column session_source text,
  -- Since when this process of proving goes on without a session that is known.
  add column changed_at timestamptz not null default now();

create unique index identity_doubt_open on identity_doubt (camera_id)
  where to_at is null and state <> 'RELEASED';
create unique index identity_doubt_released on identity_doubt (camera_id)
  where state = 'RELEASED';
create index identity_doubt_pending on identity_doubt (session_at)
  where to_at is null and state <> 'RELEASED' and session_at is not null;
