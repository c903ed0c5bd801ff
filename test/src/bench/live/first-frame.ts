import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { StreamSink } from '@nigehban/media/hub/stream-hub-types.ts';
import { streamSource } from '@nigehban/relay/streams/production-table.ts';
import { type LiveStage, startLiveStage } from '../../live/live-stage.ts';
import { firstFrameOf, hidePicture, showCamera } from './live-page-calls.ts';

const deafSink: StreamSink = {
  onStart: () => {},
  onRtp: () => {},
  onSenderReport: () => {},
  onStop: () => {},
};

export interface FirstFrames {
  /** Cameras whose ONVIF service was not spoken to before. */
  readonly asked: readonly number[];
  /** The same cameras again: the gateway knows them. */
  readonly askedAgain: readonly number[];
  /** Nobody asks the camera: the picture begins with its next key frame. */
  readonly waited: readonly number[];
  /** The sub-stream, which nobody pulls yet: the tile of a wall. */
  readonly subStream: readonly number[];
}

/**
 * Milliseconds from the wish for a recorded camera's stream to its first frame in Chromium.
 * Each time a camera that nobody watches on a page without a connection yet.
 */
export async function measureFirstFrames(cameraCount: number): Promise<FirstFrames> {
  const stage = await startLiveStage({
    cameras: cameraCount,
    scenes: 'tiny',
    settings: { workers: 1, lingerMs: 1000 },
  });
  try {
    await pullMains(stage);
    const asked = await measureEach(stage, 'main');
    const askedAgain = await measureEach(stage, 'main');
    const subStream = await measureEach(stage, 'sub');
    stage.answersKeyFrames = false;
    return { asked, askedAgain, subStream, waited: await measureEach(stage, 'main') };
  } finally {
    await stage.stop();
  }
}

/** As the recorder does. */
async function pullMains(stage: LiveStage): Promise<void> {
  for (const order of stage.orders.values()) {
    const source = streamSource(order, 'main');
    if (source !== undefined) stage.hub.subscribe(source, deafSink);
  }
  await until(() => stage.hub.statuses().every((status) => status.state.kind === 'flowing'));
}

async function measureEach(stage: LiveStage, asked: StreamQuality): Promise<number[]> {
  const measured: number[] = [];
  for (const cameraId of stage.orders.keys()) {
    const page = await stage.newPage();
    // Whole and half seconds would fall on the same place of each camera's picture groups.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1000));
    const index = await showCamera(page, cameraId, asked);
    const { firstFrameMs, quality } = await firstFrameOf(page, index, 10_000);
    if (quality !== asked) throw new Error(`camera ${cameraId} was served in ${quality}`);
    measured.push(firstFrameMs);
    await hidePicture(page, index);
    await page.close();
    await until(() => stage.relay.counters().streams.length === 0);
  }
  return measured;
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('the stage did not come to order');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
