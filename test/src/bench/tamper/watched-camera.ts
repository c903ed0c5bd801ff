import {
  fingerprintJpeg,
  measureJpeg,
  openReference,
} from '@nigehban/camera-gateway/picture/measure-view.ts';
import { decideView, noViewYet, type ViewDecision } from '@nigehban/domain/view-check.ts';
import type { Moment } from './moment.ts';
import { approvalMoment } from './polling-day.ts';
import type { SimulatedCamera } from './simulated-camera.ts';

/** One camera under watch, from its JPEGs to the verdict, as in the gateway. */
export interface WatchedCamera {
  /** Null: the moment's picture could not be taken for a reference, nothing is compared. */
  readonly compares: boolean;
  look(moment: Moment, jpeg?: Buffer): Promise<ViewDecision>;
  /** Forgets what pictures said, as when the watch begins. */
  restart(): void;
}

export async function watchCamera(camera: SimulatedCamera): Promise<WatchedCamera> {
  const approved = await camera.picture(approvalMoment(camera.kind, camera.seed));
  const reference = openReference((await fingerprintJpeg(approved)).fingerprint);
  let state = noViewYet;
  let before: Uint8Array | null = null;
  return {
    compares: reference !== null,
    async look(moment, jpeg) {
      const picture = jpeg ?? (await camera.picture(moment));
      const { measures, edges } = await measureJpeg(picture, reference, before);
      before = edges;
      const decision = decideView(state, measures, moment.atMs);
      state = decision.state;
      return decision;
    },
    restart() {
      state = noViewYet;
      before = null;
    },
  };
}
