/**
 * A process of its own that records fake cameras in real time until it is killed:
 * `node recording-child.ts <footage folder> <cameras>`. Prints the pictures sent so far.
 */
import { systemClock } from '@nigehban/media/clock.ts';
import { startRecorder } from '../recorder.ts';
import { FakeCamera, h264Track } from './fake-camera.ts';
import { FakeHub } from './fake-hub.ts';

const [footageFolder = '', cameraCount = '1'] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const hub = new FakeHub(() => systemClock.wallUs());
const recorder = await startRecorder(
  { nodeId: 'child', footageFolder, segmentMs: 2000 },
  { hub, clock: systemClock, log },
);
const cameraIds = Array.from({ length: Number(cameraCount) }, (_, index) => index + 1);
recorder.apply(
  cameraIds.map((cameraId) => ({
    cameraId,
    cameraCode: `C${cameraId}`,
    stationCode: 'S1',
    source: {
      key: `${cameraId}`,
      url: 'rtsp://127.0.0.9/',
      username: undefined,
      password: undefined,
    },
  })),
);
while (!cameraIds.every((cameraId) => hub.subscribed(`${cameraId}`))) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const cameras = cameraIds.map((cameraId) => {
  hub.play(`${cameraId}`, [h264Track]);
  return new FakeCamera(hub, `${cameraId}`);
});
const startedUs = systemClock.wallUs();
setInterval(() => {
  // Catches up after a late timer, so that pictures keep the pace of the clock.
  const due = Math.floor((systemClock.wallUs() - startedUs) / 40_000);
  for (const camera of cameras) while (camera.pictures < due) camera.picture();
  process.stdout.write(`${due}\n`);
}, 20);
