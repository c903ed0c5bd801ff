-- What the state machine remembers of a camera beyond what is asked for by column: reasons of
-- DEGRADED, the verdict on its view, its latest changes (domain/src/camera-state.ts).
alter table camera_state add column detail jsonb not null default '{}';
