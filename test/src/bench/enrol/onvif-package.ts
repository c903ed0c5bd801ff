import { createRequire } from 'node:module';
import type { FleetCameraPlan } from '../../fleet/fleet-plan.ts';

interface OnvifPackage {
  readonly Cam: new (
    options: Record<string, unknown>,
    callback: (error: Error | null) => void,
  ) => {
    getDeviceInformation(callback: (error: Error | null) => void): void;
    getStreamUri(options: object, callback: (error: Error | null) => void): void;
  };
}

/**
 * The peer: the npm package `onvif` connects to cameras, as many at once as our gateway asks, and
 * fetches what registration needs. Gives CPU milliseconds of this process for each camera reached.
 */
export async function measureOnvifPackage(
  cameras: readonly FleetCameraPlan[],
  atOnce: number,
): Promise<{ readonly cpuMsPerCamera: number; readonly reached: number }> {
  const { Cam }: OnvifPackage = createRequire(import.meta.url)('onvif');
  const queue = [...cameras];
  let reached = 0;
  const connect = (camera: FleetCameraPlan): Promise<void> =>
    new Promise((resolve) => {
      const { address, httpPort, username, password } = camera;
      const options = { hostname: address, port: httpPort, username, password, timeout: 4_000 };
      // Some cameras leave it without an end; they are no reason for us to wait.
      const giveUp = setTimeout(resolve, 8_000);
      const end = () => {
        clearTimeout(giveUp);
        resolve();
      };
      const cam = new Cam(options, (error) => {
        if (error !== null) {
          end();
          return;
        }
        cam.getDeviceInformation(() =>
          cam.getStreamUri({ protocol: 'RTSP' }, () => {
            reached += 1;
            end();
          }),
        );
      });
    });
  const before = process.cpuUsage();
  const work = async () => {
    for (let camera = queue.shift(); camera !== undefined; camera = queue.shift()) {
      await connect(camera);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const { user, system } = process.cpuUsage(before);
  return { cpuMsPerCamera: (user + system) / 1_000 / Math.max(1, reached), reached };
}
