import type { AlertGroup } from '@nigehban/domain/worst-alerts.ts';
import type { AlertFilter } from './alert-store.ts';
import type { Queryable } from './database.ts';

/** Of alerts that are not all open, the newest so many are looked at: years of them are stored. */
const mostLookedAt = 20_000;

/**
 * Alerts by what their rank depends on, of each group the newest `filter.limit`: as many rows as there
 * are different weights, some hundreds while the whole province is dark.
 */
export async function readAlertGroups(
  sql: Queryable,
  filter: Pick<AlertFilter, 'state' | 'incidentId' | 'before' | 'limit'>,
): Promise<readonly AlertGroup[]> {
  return await sql<AlertGroup[]>`
    select phase, kind, category, lost_placements, missing_placements, coverage as coverage_share,
      expected, (array_agg(id order by id desc))[1:${filter.limit}::int] as ids
    from (
      -- Collation C: twelve thousand of them are put in order by these texts.
      select al.id, al.coverage, al.expected_id is not null as expected, al.phase collate "C" as phase,
        al.kind collate "C" as kind, s.category collate "C" as category,
        al.lost_placements collate "C" as lost_placements,
        al.missing_placements collate "C" as missing_placements
      from (
        select * from alert
        where true
          ${filter.state === 'open' ? sql`and closed_at is null` : sql``}
          ${filter.state === 'closed' ? sql`and closed_at is not null` : sql``}
          ${filter.incidentId === undefined ? sql`` : sql`and incident_id = ${filter.incidentId}`}
          ${filter.before === undefined ? sql`` : sql`and id < ${filter.before}`}
        ${filter.state === 'open' ? sql`` : sql`order by id desc limit ${mostLookedAt}`}
      ) al join station s on s.id = al.station_id
    ) weighed
    group by coverage, expected, phase, kind, category, lost_placements, missing_placements`;
}
