import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import { startEventWatch } from './events/event-watch.ts';
import { createCameraPictures } from './picture/camera-pictures.ts';
import { maxJpegBytes } from './picture/decode-picture.ts';
import { fingerprintJpeg } from './picture/measure-view.ts';
import { startViewWatch, type WatchBook } from './picture/view-watch.ts';
import { createCameraWork } from './probe/camera-work.ts';
import type { CameraPorts } from './probe/gateway-ports.ts';
import type { RefusedCredentials } from './probe/refused-credentials.ts';
import type { GatewayLink } from './start-gateway.ts';

/** What watching needs of the rest: the orders, which of them are ours, and where facts go. */
export interface WatchPorts {
  readonly book: () => WatchBook;
  readonly holds: (cameraId: CameraId) => boolean;
  readonly sendFacts: (facts: readonly WatchFact[]) => void;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

export interface Watches {
  /** How things stand with views and events, for a new link. */
  standing(): readonly WatchFact[];
  stop(): Promise<void>;
}

/**
 * Starts the watch of views (`gateway.fingerprint`, `gateway.judge-view`, facts `view-judged`) and
 * of ONVIF events (facts `camera-event`).
 */
export function startWatches(
  link: GatewayLink,
  cameraPorts: CameraPorts,
  refused: RefusedCredentials,
  watch: WatchPorts,
): Watches {
  const { clock, randomBytes } = cameraPorts;
  const { book, holds, sendFacts, random } = watch;
  const takePicture = createCameraPictures(cameraPorts, refused);
  const views = startViewWatch({ clock, book, holds, sendFacts, takePicture });
  const events = startEventWatch({
    clock,
    randomBytes,
    random,
    refused,
    orders: () => book().orders,
    holds,
    sendFacts,
  });
  const fingerprints = createCameraWork(2, 256);
  let asked = 0;

  link.handle('gateway.fingerprint', ({ jpegBase64 }) => {
    asked += 1;
    return fingerprints.run(String(asked), () => fingerprintJpeg(readBase64(jpegBase64)));
  });
  link.handle('gateway.judge-view', async ({ cameraId, jpegBase64 }) => {
    const { verdict, evidence } = await views.judge(cameraId, readBase64(jpegBase64));
    return { verdict, evidence };
  });

  return {
    standing: () => [...views.standing(), ...events.standing()],
    async stop() {
      await Promise.all([views.stop(), events.stop(), fingerprints.stop()]);
    },
  };
}

function readBase64(text: string): Buffer {
  if (text.length > Math.ceil((maxJpegBytes / 3) * 4) + 4) {
    throw new Fault('CAMERA_ANSWER_TOO_LARGE', 'The picture is larger than 4 MB');
  }
  return Buffer.from(text, 'base64');
}
