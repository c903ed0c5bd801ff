import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cameraFileName } from './footage-layout.ts';
import type { RecordingOrder } from './recorder-types.ts';

/** Leaves the camera's codes beside its footage, for people who have the disk alone. */
export async function writeCameraFile(root: string, order: RecordingOrder): Promise<void> {
  const { cameraId, cameraCode, stationCode } = order;
  const folder = join(root, String(cameraId));
  await mkdir(folder, { recursive: true });
  const text = `${JSON.stringify({ cameraId, cameraCode, stationCode })}\n`;
  await writeFile(join(folder, cameraFileName), text);
}
