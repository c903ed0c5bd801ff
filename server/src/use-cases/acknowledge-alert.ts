import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { markAcknowledged, readAlerts } from '../store/alert-store.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';

/**
 * Acknowledges an alert as it was seen. @throws Fault ALERT_UNKNOWN; ALERT_CHANGED when it has
 * another version by now, was acknowledged or is closed: of two operators one wins.
 */
export async function acknowledgeAlert(
  sql: Sql,
  given: {
    readonly alertId: number;
    readonly version: number;
    readonly username: string;
    readonly address: string;
  },
  nowMs: number,
): Promise<AlertView> {
  const { alertId, username, address } = given;
  return await sql.begin(async (tx) => {
    const done = await markAcknowledged(tx, alertId, given.version, username, nowMs);
    const [alert] = await readAlerts(tx, { ids: [alertId], limit: 1 });
    if (alert === undefined) throw new Fault('ALERT_UNKNOWN', `No alert ${alertId}`);
    if (!done) {
      throw new Fault('ALERT_CHANGED', `Alert ${alertId} changed since it was shown`, {
        details: { version: alert.version },
      });
    }
    const action = 'alert.acknowledge';
    await addAudit(tx, { actor: username, address, action, subject: String(alertId) }, nowMs);
    await announce(tx, { topic: 'alert', id: alertId });
    return alert;
  });
}
