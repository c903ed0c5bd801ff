import { footageDayOf, footageDayStartUs } from '@nigehban/domain/footage-days.ts';
import type { Sql } from '@nigehban/server/store/database.ts';
import { addFootageDays } from '@nigehban/server/store/footage-days-store.ts';

/** Seven days of a fleet at segments of a minute, today the last of them. */
export interface FleetWeek {
  readonly cameras: number;
  /** Days since 1970-01-01, ascending. */
  readonly days: readonly number[];
}

export const minutesPerDay = 1440;
const daysPerWeek = 7;
/** One minute in so many is a gap. */
const gapEvery = 97;

export function planFleetWeek(rows: number, nowUs: number): FleetWeek {
  const today = footageDayOf(nowUs);
  return {
    cameras: Math.max(
      1,
      Math.ceil((rows * gapEvery) / (gapEvery - 1) / (daysPerWeek * minutesPerDay)),
    ),
    days: Array.from({ length: daysPerWeek }, (_, index) => today - daysPerWeek + 1 + index),
  };
}

/** Position in its chain of a camera's piece. */
export function sequenceOf(week: FleetWeek, day: number, minute: number): number {
  return (day - (week.days[0] ?? day)) * minutesPerDay + minute + 1;
}

/**
 * Fills a day in the order in which a fleet's rows arrive (minute by minute, all cameras), so that
 * tables and indexes lie as they would after a real day. A day is one transaction with its tables:
 * under `wal_level=minimal` PostgreSQL then writes no log for the rows. Returns the segments.
 */
export async function loadDay(sql: Sql, week: FleetWeek, day: number): Promise<number> {
  const firstSequence = sequenceOf(week, day, 0);
  return await sql.begin(async (tx) => {
    await addFootageDays(tx, [day]);
    const pieces = (isGap: boolean) => tx`
      select camera_id, start_us, ${firstSequence}::bigint + minute as sequence
      from generate_series(0, ${minutesPerDay - 1}) as minute,
        generate_series(1, ${week.cameras}::int) as camera_id,
        lateral (select ${footageDayStartUs(day)}::bigint + minute * 60000000::bigint
          + camera_id * 7919 % 20000 * 1000 as start_us) as at
      where ((minute + camera_id) % ${gapEvery}::int = 0) = ${isGap}::boolean`;
    const filled = await tx`
      insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256,
        flags, codec)
      select camera_id, start_us, start_us + 60000000, sequence, ${nodeId}, 11250000 + sequence, 1500,
        sha256(int8send(start_us + camera_id)), 0, ${codec}
      from (${pieces(false)}) as piece`;
    await tx`
      insert into gap (camera_id, start_us, end_us, sequence, node_id, cause)
      select camera_id, start_us, start_us + 60000000, sequence, ${nodeId}, 'silent'
      from (${pieces(true)}) as piece`;
    return filled.count;
  });
}

export const nodeId = 'media-1';
export const codec = 'avc1.4d401f,ulaw';

/** What the index takes on disk, in bytes. */
export async function indexBytes(sql: Sql): Promise<{ table: number; index: number }> {
  const [row] = await sql<{ table: number; index: number }[]>`
    select sum(pg_table_size(oid))::bigint as table, sum(pg_indexes_size(oid))::bigint as index
    from pg_class where relkind = 'r' and relname ~ '^(segment|gap)_'`;
  return row ?? { table: 0, index: 0 };
}
