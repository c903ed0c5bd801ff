import type { HoldView } from '@nigehban/domain/api/http-types.ts';
import type { LegalHold } from '@nigehban/domain/retention.ts';
import type { Queryable } from './database.ts';

/** The holds in force, as nodes get them. */
export async function readHoldsInForce(sql: Queryable): Promise<readonly LegalHold[]> {
  return [
    ...(await sql<LegalHold[]>`
      select id, camera_id, from_us, to_us from legal_hold where released_at is null order by id`),
  ];
}

/** Holds as people see them, newest first: all of the last ones, released or not, or one. */
export async function readHolds(sql: Queryable, id?: number): Promise<readonly HoldView[]> {
  const rows = await sql<(Omit<HoldView, 'fromMs' | 'toMs'> & { fromUs: number; toUs: number })[]>`
    select id, camera_id, from_us, to_us, reason, placed_by, placed_at as placed_at_ms,
      released_by, released_at as released_at_ms
    from legal_hold ${id === undefined ? sql`` : sql`where id = ${id}`}
    order by released_at is not null, id desc limit 1000`;
  return rows.map(({ fromUs, toUs, ...hold }) => ({
    ...hold,
    fromMs: Math.floor(fromUs / 1000),
    toMs: Math.ceil(toUs / 1000),
  }));
}

/** Adds a hold on a camera of the plan; undefined when there is no such camera. */
export async function addHold(
  sql: Queryable,
  hold: {
    readonly cameraId: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly reason: string;
    readonly placedBy: string;
  },
  nowMs: number,
): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`
    insert into legal_hold (camera_id, from_us, to_us, reason, placed_by, placed_at)
    select id, ${hold.fromMs}::bigint * 1000, ${hold.toMs}::bigint * 1000, ${hold.reason},
      ${hold.placedBy}, ${nowMs}
    from camera where id = ${hold.cameraId}
    returning id`;
  return row?.id;
}

/** Releases a hold that is in force; false when there is none with that id. */
export async function releaseHold(
  sql: Queryable,
  id: number,
  releasedBy: string,
  nowMs: number,
): Promise<boolean> {
  const rows = await sql`
    update legal_hold set released_by = ${releasedBy}, released_at = ${nowMs}
    where id = ${id} and released_at is null returning id`;
  return rows.length > 0;
}
