import { randomUUID } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { App } from '../http/app-type.ts';
import { createDoubtedFootage } from '../http/doubted-footage.ts';
import type { NodeFootage } from '../http/node-footage.ts';
import { addExportRoutes } from '../http/routes/export-routes.ts';
import { addFootageRoutes } from '../http/routes/footage-routes.ts';
import { addHoldRoutes } from '../http/routes/hold-routes.ts';
import { addPlaybackRoutes } from '../http/routes/playback-routes.ts';
import { openExportQueue } from '../queue/export-queue.ts';
import type { Sql } from '../store/database.ts';
import { createFootageExports } from '../use-cases/export-footage.ts';
import { startFootageDayKeeper } from '../use-cases/keep-footage-days.ts';

const exportWorkers = 4;
const offerExportsEveryMs = 5_000;

/** What was recorded: timeline, playback, exports, legal holds, and the days of the index. */
export function addFootageParts(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly redisUrl: string;
    readonly queuePrefix: string;
    readonly nodes: NodeFootage;
    readonly recordingNode: (cameraId: CameraId) => string | null;
  },
): { readonly stop: () => Promise<void> } {
  const { sql, clock, log, nodes, recordingNode } = options;
  const footageDays = startFootageDayKeeper(sql, { clock, log });
  const exports = createFootageExports({
    ...{ sql, clock, nodes, recordingNode },
    createId: randomUUID,
    onRequested: (id) => void queue.offer([id]),
  });
  const queue = openExportQueue({
    redisUrl: options.redisUrl,
    prefix: options.queuePrefix,
    concurrency: exportWorkers,
    log,
    work: exports.work,
    onReady: () => offerOpen(),
  });
  // Whatever was lost between PostgreSQL and Redis is found here.
  const offerOpen = () => {
    exports.open().then(queue.offer, (error: unknown) => {
      log.warn({ err: error }, 'the open exports cannot be read');
    });
  };
  const timer = setInterval(offerOpen, offerExportsEveryMs);
  const doubted = createDoubtedFootage(sql, clock);
  addFootageRoutes(app, { sql, nodes, doubted, recordingNode });
  addExportRoutes(app, { exports, nodes });
  addPlaybackRoutes(app, { sql, clock, nodes, doubted, recordingNode });
  addHoldRoutes(app, { sql, clock });
  return {
    async stop() {
      clearInterval(timer);
      await queue.stop();
      await footageDays.stop();
    },
  };
}
