import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { pickWorstAlerts } from '@nigehban/domain/worst-alerts.ts';
import { readAlertGroups } from '../store/alert-rank-store.ts';
import { type AlertFilter, readAlerts } from '../store/alert-store.ts';
import type { Queryable } from '../store/database.ts';

/** The worst alerts, the worst first: those alone are read whole, however many there are. */
export async function readWorstAlerts(
  sql: Queryable,
  filter: Pick<AlertFilter, 'state' | 'incidentId' | 'before' | 'limit'>,
): Promise<readonly AlertView[]> {
  const ids = pickWorstAlerts(await readAlertGroups(sql, filter), filter.limit);
  // Again by the filter: some may have closed meanwhile.
  const alerts = await readAlerts(sql, { ...filter, ids });
  return [...alerts].sort((a, b) => b.rank - a.rank || b.id - a.id);
}
