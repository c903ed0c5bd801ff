import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { mayListen } from '@nigehban/domain/live-sound.ts';
import type { App } from '../http/app-type.ts';
import { addListeningRoutes } from '../http/routes/listening-routes.ts';
import type { Change } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { readListeningPolicy } from '../store/listening-store.ts';
import type { BrowserHub } from '../ws/browser-hub.ts';

/** The policy of listening: its routes, and the end of what it allows no more. */
export function addListeningParts(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly hub: Pick<BrowserHub, 'endListening'>;
  },
): { changed(change: Change): void } {
  const { sql, log, hub } = options;
  addListeningRoutes(app, options);
  const recheck = async () => {
    const policy = await readListeningPolicy(sql);
    hub.endListening((role) => !mayListen(role, policy));
  };
  return {
    changed({ topic }) {
      if (topic !== 'listening' && topic !== 'resumed') return;
      recheck().catch((error) => {
        log.warn({ err: error }, 'listeners could not be held against the policy');
      });
    },
  };
}
