import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { App } from '../http/app-type.ts';
import { addAuditRoutes } from '../http/routes/audit-routes.ts';
import { addReportRoutes } from '../http/routes/report-routes.ts';
import { addUserRoutes } from '../http/routes/user-routes.ts';
import type { Sql } from '../store/database.ts';
import { startReportDays } from '../use-cases/build-report-days.ts';
import { createLongReads } from '../use-cases/long-reads.ts';

/** More of them wait for each other: the others keep connections to the database. */
const reportsAtOnce = 3;

/** Users, the audit trail, and reports with what counts their days. */
export function addAdminParts(
  app: App,
  ports: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly serverId: string;
    readonly reportWithinMs: number;
    readonly onSessionsEnded: (username: string) => void;
  },
): { stop(): Promise<void> } {
  addUserRoutes(app, ports);
  addAuditRoutes(app, ports);
  const reports = { withinMs: ports.reportWithinMs, atOnce: reportsAtOnce };
  addReportRoutes(app, { ...ports, read: createLongReads(ports.sql, reports) });
  return startReportDays(ports);
}
