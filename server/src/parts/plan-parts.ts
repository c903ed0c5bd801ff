import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { App } from '../http/app-type.ts';
import { addDistrictImportRoute } from '../http/routes/district-import-routes.ts';
import { addPlanDraftRoutes } from '../http/routes/plan-draft-routes.ts';
import { addPlanRoutes } from '../http/routes/plan-routes.ts';
import { createPlanThread } from '../plan/plan-thread.ts';
import type { ServerSettings } from '../server-settings.ts';
import type { Sql } from '../store/database.ts';
import { createPlanDrafts } from '../use-cases/plan-drafts.ts';

/** The import of plans: its thread, its drafts, its routes. */
export function addPlanParts(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly settings: ServerSettings;
  },
): { readonly stop: () => Promise<void> } {
  const { sql, clock, log, settings } = options;
  const { databaseUrl, secretKey } = settings;
  const thread = createPlanThread({ databaseUrl, secretKey, log });
  const drafts = createPlanDrafts({ sql, clock, log, thread });
  addPlanRoutes(app, {
    importPlan: (given) => thread.run('import-text', { ...given, nowMs: clock.nowMs() }),
    exportPlan: (given) => thread.run('export', { ...given, nowMs: clock.nowMs() }),
  });
  addPlanDraftRoutes(app, { sql, drafts, thread });
  addDistrictImportRoute(app, {
    importDistricts: (order) => thread.run('import-districts', { ...order, nowMs: clock.nowMs() }),
  });
  return {
    async stop() {
      drafts.stop();
      await thread.stop();
    },
  };
}
