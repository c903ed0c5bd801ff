import type { Sql } from '@nigehban/server/store/database.ts';

/**
 * What is wrong in PostgreSQL when all has settled, each as one line: nothing may be half done, told to
 * nobody, or told in two messages.
 */
export async function findDiscrepancies(sql: Sql): Promise<readonly string[]> {
  const checks: Readonly<Record<string, string>> = {
    'outbox entry not handled': `select key as what from outbox where done_at is null`,
    'two open alerts of a station': `select station_id || ' ' || family as what from alert
      where closed_at is null group by station_id, family having count(*) > 1`,
    'alert in an incident that is over': `select al.id as what from alert al
      join incident i on i.id = al.incident_id
      where al.closed_at is null and i.closed_at is not null`,
    'open incident without open alerts': `select i.id as what from incident i
      where i.closed_at is null and i.kind <> 'OWN' and not exists (
        select from alert al where al.incident_id = i.id and al.closed_at is null)`,
    'incident that counts its stations wrong': `select i.id || ': ' || i.stations as what from incident i
      where i.closed_at is null and i.kind <> 'OWN' and i.stations <> (select count(distinct al.station_id)
        from alert al where al.incident_id = i.id and al.closed_at is null)`,
    'open alert that concerns people and was told to nobody': `select al.id as what from alert al
      where al.closed_at is null and al.incident_id is null and al.paged_at is null
        and al.acknowledged_at is null and al.quiet_until is null
        and coalesce(al.reopened_at, al.opened_at) < now() - interval '70 s'`,
    'notice that is neither told nor dropped': `select id as what from notice
      where message_id is null and dropped_at is null`,
    'notice dropped though its subject is open and in nobody’s hand': `select n.id || ' ' || n.occasion_key as what
      from notice n join alert al on n.subject_kind = 'alert' and al.id = n.subject_id
      where n.dropped_at is not null and al.closed_at is null and al.acknowledged_at is null
        and al.reopened = 0`,
    'message that did not go out': `select id || ' ' || state as what from notice_message
      where state <> 'sent'`,
    'page of an alert that its district never heard of': `select al.id || ' ' || o.key as what
      from outbox o join alert al on al.id = (o.payload->>'alertId')::int
      join station s on s.id = al.station_id
      join notice_recipient r on r.district_code = s.district_code
      where o.payload->>'step' = 'page'
        and not exists (select from notice n where n.recipient_id = r.id and n.occasion_key = o.key)
        and not exists (select from alert_event e where e.alert_id = al.id
          and e.step in ('acknowledged', 'closed') and e.at >= al.paged_at)
        and al.closed_at is null`,
    'page of an open incident that nobody heard of': `select i.id || ' ' || o.key as what
      from outbox o join incident i on i.id = (o.payload->>'incidentId')::int
      where o.payload->>'step' = 'page' and i.closed_at is null and i.acknowledged_at is null
        and not exists (select from notice n where n.occasion_key = o.key)`,
    'climb that the level never heard of': `select o.key as what from outbox o
      where o.payload->>'step' = 'escalated'
        and not exists (select from notice n join notice_recipient r on r.id = n.recipient_id
          where n.occasion_key = o.key and r.level <> 'district')
        and not exists (select from alert al where al.id = (o.payload->>'alertId')::int
          and (al.closed_at is not null or al.acknowledged_at is not null))
        and not exists (select from incident i where i.id = (o.payload->>'incidentId')::int
          and (i.closed_at is not null or i.acknowledged_at is not null))`,
    'end told to nobody who heard of the beginning': `select distinct n.subject_kind || ' ' || n.subject_id
        || ' to ' || n.recipient_id as what
      from notice n
      left join alert al on n.subject_kind = 'alert' and al.id = n.subject_id
      left join incident i on n.subject_kind = 'incident' and i.id = n.subject_id
      where n.message_id is not null and coalesce(al.closed_at, i.closed_at) is not null
        and not exists (select from notice e where e.recipient_id = n.recipient_id and e.step = 'closed'
          and e.subject_kind = n.subject_kind and e.subject_id = n.subject_id)`,
    'level climbed twice in one round': `select e.alert_id || ' ' || (e.details->>'level') as what
      from alert_event e where e.step = 'escalated'
      group by e.alert_id, e.details->>'level',
        (select count(*) from alert_event r where r.alert_id = e.alert_id and r.step = 'reopened'
          and r.at <= e.at)
      having count(*) > 1`,
    'climbed while acknowledged': `select e.alert_id as what from alert_event e
      where e.step = 'escalated' and e.actor is null and exists (select from alert_event a where a.alert_id = e.alert_id
        and a.step = 'acknowledged' and a.at < e.at and not exists (select from alert_event r
          where r.alert_id = e.alert_id and r.step = 'reopened' and r.at between a.at and e.at))`,
    'timer that is long due and did nothing': `select subject_kind || ' ' || subject_id || ' ' || level as what
      from escalation where over_at is null and due_at < now() - interval '20 s'
        and not exists (select from alert al where subject_kind = 'alert' and al.id = subject_id
          and al.incident_id is not null)`,
  };
  const found: string[] = [];
  for (const [name, query] of Object.entries(checks)) {
    const rows = await sql.unsafe<{ what: unknown }[]>(query);
    const shown = rows.slice(0, 5).map((row) => String(row.what));
    if (rows.length > 0) found.push(`${name} (${rows.length}): ${shown.join(', ')}`);
  }
  return found;
}

/** Stations of which an outage is open, by kind. */
export async function readOpenOutages(sql: Sql): Promise<ReadonlyMap<number, string>> {
  const rows = await sql<{ stationId: number; kind: string }[]>`
    select station_id, kind from alert where closed_at is null and family = 'OUTAGE'`;
  return new Map(rows.map((row) => [row.stationId, row.kind]));
}

/** Ids of the messages that went out, with the attempts that they took. */
export async function readSent(sql: Sql): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ id: string; attempts: number }[]>`
    select id, attempts from notice_message where state = 'sent'`;
  return new Map(rows.map((row) => [row.id, row.attempts]));
}
