import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { App } from '../http/app-type.ts';
import { addAlertRoutes } from '../http/routes/alert-routes.ts';
import { addElectionRoutes } from '../http/routes/election-routes.ts';
import { addExpectedDarkRoutes } from '../http/routes/expected-dark-routes.ts';
import { addIncidentRoutes } from '../http/routes/incident-routes.ts';
import { type OutboxQueue, openOutboxQueue } from '../queue/outbox-queue.ts';
import type { Change } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { startCorrelator } from '../use-cases/correlate.ts';
import {
  createOutboxWork,
  type OutboxHandler,
  startOutboxDispatcher,
} from '../use-cases/dispatch-outbox.ts';
import { startStationReconciler } from '../use-cases/evaluate-stations.ts';
import { startPhaseKeeper } from '../use-cases/poll-phase.ts';

const outboxWorkers = 8;

export interface AlertParts {
  readonly queue: OutboxQueue;
  changed(change: Change): void;
  addRoutes(app: App): void;
  stop(): Promise<void>;
}

/** The alert engine: what cameras' states lead to, and what follows from time alone. */
export function startAlertParts(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redisUrl: string;
  readonly queuePrefix: string;
  /** Names this process among the servers. */
  readonly serverId: string;
  /** Who handles entries of the outbox, by topic: `alert-step`, `incident-step`. */
  readonly handlers: Readonly<Record<string, OutboxHandler>>;
}): AlertParts {
  const { sql, clock, log, handlers } = options;
  const work = createOutboxWork(sql, handlers, { clock, log });
  const queue = openOutboxQueue({
    redisUrl: options.redisUrl,
    prefix: options.queuePrefix,
    concurrency: outboxWorkers,
    log,
    work: work.run,
    onReady: () => dispatcher.wake(),
  });
  const dispatcher = startOutboxDispatcher(sql, queue, Object.keys(handlers), { clock, log });
  const reconciler = startStationReconciler(sql, { clock, log });
  const phases = startPhaseKeeper({ sql, clock, log, onEntered: () => reconciler.wake() });
  const correlator = startCorrelator({ sql, clock, log, holder: options.serverId });
  return {
    queue,
    changed({ topic }) {
      const resumed = topic === 'resumed';
      if (topic === 'outbox' || resumed) dispatcher.wake();
      if (topic === 'phases' || resumed) phases.wake();
      if (topic === 'alerts' || resumed) correlator.alertsChanged();
      if (topic === 'plan' || resumed) correlator.planChanged();
      if (topic === 'plan' || topic === 'expected-dark' || resumed) reconciler.wake();
    },
    addRoutes(app) {
      addAlertRoutes(app, { sql, clock });
      addIncidentRoutes(app, { sql, clock });
      addElectionRoutes(app, { sql, clock });
      addExpectedDarkRoutes(app, { sql, clock });
    },
    async stop() {
      await correlator.stop();
      await phases.stop();
      await reconciler.stop();
      await dispatcher.stop();
      await queue.stop();
      await work.settled();
    },
  };
}
