import type { ExpectedDarkBody, ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import type { Queryable } from './database.ts';

interface Row extends Omit<ExpectedDarkView, 'scope'> {
  readonly scopeKind: ExpectedDarkView['scope']['kind'];
  readonly scopeKey: string;
}

/** Spans of expected darkness: those in force and ahead, or all; the latest to begin first. */
export async function readExpectedDark(
  sql: Queryable,
  filter: { readonly id?: number; readonly endingAfterMs?: number },
): Promise<readonly ExpectedDarkView[]> {
  const rows = await sql<Row[]>`
    select e.id, e.kind, e.scope_kind, e.scope_key, e.starts_at as starts_at_ms,
      e.ends_at as ends_at_ms, e.reason, e.created_by, e.created_at as created_at_ms,
      e.cancelled_by, e.cancelled_at as cancelled_at_ms,
      (select count(*)::int from alert al where al.expected_id = e.id and al.closed_at is null)
        as alerts
    from expected_dark e
    where true
      ${filter.id === undefined ? sql`` : sql`and e.id = ${filter.id}`}
      ${
        filter.endingAfterMs === undefined
          ? sql``
          : sql`and e.cancelled_at is null and e.ends_at > ${filter.endingAfterMs}::timestamptz`
      }
    order by e.starts_at desc, e.id desc limit 1000`;
  return rows.map(({ scopeKind, scopeKey, ...row }) => ({
    ...row,
    scope: { kind: scopeKind, key: scopeKey },
  }));
}

export async function insertExpectedDark(
  sql: Queryable,
  body: ExpectedDarkBody,
  createdBy: string,
  nowMs: number,
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into expected_dark (kind, scope_kind, scope_key, starts_at, ends_at, reason, created_by,
      created_at)
    values (${body.kind}, ${body.scope.kind}, ${body.scope.key}, ${body.startsAtMs},
      ${body.endsAtMs}, ${body.reason}, ${createdBy}, ${nowMs}) returning id`;
  if (row === undefined) throw new Error('insert into expected_dark returned no row');
  return row.id;
}

/** Changes a span that was not cancelled; false otherwise. */
export async function updateExpectedDark(
  sql: Queryable,
  id: number,
  body: ExpectedDarkBody,
): Promise<boolean> {
  const rows = await sql`
    update expected_dark set kind = ${body.kind}, scope_kind = ${body.scope.kind},
      scope_key = ${body.scope.key}, starts_at = ${body.startsAtMs}, ends_at = ${body.endsAtMs},
      reason = ${body.reason}
    where id = ${id} and cancelled_at is null returning id`;
  return rows.length > 0;
}

/** Cancels a span; it stays known. False when it was cancelled already or is unknown. */
export async function cancelExpectedDark(
  sql: Queryable,
  id: number,
  username: string,
  nowMs: number,
): Promise<boolean> {
  const rows = await sql`
    update expected_dark set cancelled_at = ${nowMs}, cancelled_by = ${username}
    where id = ${id} and cancelled_at is null returning id`;
  return rows.length > 0;
}

/** True when something of that name is in the plan. */
export async function scopeExists(
  sql: Queryable,
  scope: ExpectedDarkBody['scope'],
): Promise<boolean> {
  if (scope.kind === 'province') return scope.key === '';
  const rows = await (scope.kind === 'district'
    ? sql`select from district where code = ${scope.key}`
    : scope.kind === 'building'
      ? sql`select from building where id::text = ${scope.key}`
      : scope.kind === 'station'
        ? sql`select from station where code = ${scope.key}`
        : scope.kind === 'uplink'
          ? sql`select from station where uplink = ${scope.key} limit 1`
          : sql`select from station where feeder = ${scope.key} limit 1`);
  return rows.length > 0;
}

/** When a span next begins or ends; null when nothing is ahead. */
export async function nextExpectedDarkChangeMs(
  sql: Queryable,
  nowMs: number,
): Promise<number | null> {
  const [row] = await sql<{ next: number | null }[]>`
    select min(at) as next from (
      select starts_at as at from expected_dark where cancelled_at is null
      union all select ends_at from expected_dark where cancelled_at is null
    ) spans where at > ${nowMs}::timestamptz`;
  return row?.next ?? null;
}
