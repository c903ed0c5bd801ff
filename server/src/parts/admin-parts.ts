import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { App } from '../http/app-type.ts';
import { addAuditRoutes } from '../http/routes/audit-routes.ts';
import { addUserRoutes } from '../http/routes/user-routes.ts';
import type { Sql } from '../store/database.ts';

/** Users and the audit trail. */
export function addAdminParts(
  app: App,
  ports: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly onSessionsEnded: (username: string) => void;
  },
): void {
  addUserRoutes(app, ports);
  addAuditRoutes(app, ports);
}
