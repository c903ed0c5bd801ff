import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { App } from '../http/app-type.ts';
import type { NodeFootage } from '../http/node-footage.ts';
import { addViewRoutes } from '../http/routes/view-routes.ts';
import type { LinkedAnywhere } from '../link/linked-anywhere.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import type { Change } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { createViewApprovals, type ViewApprovals } from '../use-cases/approve-view.ts';
import {
  type RecordedStill,
  type StillCameras,
  startStillWatch,
} from '../use-cases/judge-stills.ts';
import type { ViewGate } from '../use-cases/view-gate.ts';
import type { BrowserHub } from '../ws/browser-hub.ts';

export interface ViewParts {
  readonly views: ViewApprovals;
  changed(change: Change): void;
  stop(): Promise<void>;
}

const fingerprintWithinMs = 10_000;
const stillWithinMs = 15_000;
/** After the plan changed: many changes come together. */
const recheckAfterMs = 500;
const mostPictureBytes = 4 << 20;
const stillIsPresentMs = 60_000;
const judgeWithinMs = 10_000;

/** Reference pictures with their routes, stills for the watch of views, the end of live views that may be seen no more. */
export function addViewParts(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly gate: ViewGate;
    readonly hub: Pick<BrowserHub, 'recheckViews'>;
    readonly snapshot: (cameraId: CameraId) => Promise<Buffer>;
    readonly nodes: NodeFootage;
    readonly recordingNode: (cameraId: CameraId) => string | null;
    readonly requestGateway: RequestGateway;
    readonly requestGatewayOf: LinkedAnywhere['requestGatewayOf'];
    /** See {@link startStillWatch}. */
    readonly stillCameras: StillCameras;
    readonly viewEveryMs: () => number | null;
  },
): ViewParts {
  const { sql, clock, log, gate, hub } = options;

  /** A camera without snapshots is looked at through its recording. */
  const recordedStill = async (cameraId: CameraId): Promise<RecordedStill> => {
    const nodeId = options.recordingNode(cameraId);
    if (nodeId === null) throw new Fault('FOOTAGE_UNKNOWN', 'The camera is not recorded');
    const path = `/footage/${cameraId}/stills?atUs=${clock.nowMs() * 1_000}`;
    const signal = AbortSignal.timeout(stillWithinMs);
    const answer = await options.nodes.ask(nodeId, path, { signal });
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of answer.body) {
      parts.push(part);
      bytes += part.length;
      if (bytes > mostPictureBytes) throw new Fault('NODE_UNAVAILABLE', 'The still is too large');
    }
    if (answer.status !== 200) {
      throw new Fault('FOOTAGE_UNKNOWN', `The media node answers ${answer.status}`);
    }
    const atMs = Number(answer.headers['x-picture-time-us']) / 1_000;
    return { jpeg: Buffer.concat(parts), atMs: Number.isFinite(atMs) ? atMs : 0 };
  };

  const views = createViewApprovals({
    sql,
    clock,
    log,
    async takePicture(cameraId) {
      try {
        return await options.snapshot(cameraId);
      } catch (thrown) {
        if (!(thrown instanceof Fault) || thrown.code !== 'CAMERA_OPERATION_UNSUPPORTED') {
          throw thrown;
        }
        const still = await recordedStill(cameraId).catch(() => null);
        // An older one may show where the camera stood before.
        if (still === null || still.atMs < clock.nowMs() - stillIsPresentMs) throw thrown;
        return still.jpeg;
      }
    },
    async fingerprint(jpeg) {
      try {
        const jpegBase64 = jpeg.toString('base64');
        const measured = await options.requestGateway(
          'gateway.fingerprint',
          { jpegBase64 },
          fingerprintWithinMs,
        );
        return measured.fingerprint;
      } catch (error) {
        // The picture is kept: it is measured when a gateway can.
        log.info({ err: error }, 'a reference picture could not be measured yet');
        return null;
      }
    },
  });
  addViewRoutes(app, { views });
  const stills = startStillWatch({
    clock,
    log,
    cameras: options.stillCameras,
    viewEveryMs: options.viewEveryMs,
    takeStill: recordedStill,
    async judge(cameraId, jpeg, likely) {
      const params = { cameraId, jpegBase64: jpeg.toString('base64') };
      const method = 'gateway.judge-view';
      return (await options.requestGatewayOf(likely, method, params, judgeWithinMs)).nodeId;
    },
  });

  let cancel: (() => void) | null = null;
  const recheck = () => {
    cancel = null;
    hub.recheckViews(gate.hidden).catch((error) => {
      log.warn({ err: error }, 'live views could not be held against the approvals');
    });
  };
  return {
    views,
    changed(change) {
      if (gate.policy === 'off' || (change.topic !== 'plan' && change.topic !== 'resumed')) return;
      cancel ??= clock.after(recheckAfterMs, recheck);
    },
    async stop() {
      cancel?.();
      views.stop();
      await stills.stop();
    },
  };
}
