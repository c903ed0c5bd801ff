import { PassThrough, Readable } from 'node:stream';
import { Fault } from '@nigehban/domain/faults.ts';
import ffmpeg from 'fluent-ffmpeg';

export interface StillSettings {
  /** Pictures are scaled down to this width. */
  readonly maxWidthPx: number;
  readonly timeoutMs: number;
  readonly maxJpegBytes: number;
}

export const defaultStillSettings: StillSettings = {
  maxWidthPx: 1280,
  timeoutMs: 5000,
  maxJpegBytes: 4 << 20,
};

/** ffmpeg's output options for one JPEG of the first picture. */
export function buildStillOptions(settings: StillSettings): string[] {
  return [
    ...['-an', '-frames:v', '1', '-threads', '1'],
    ...['-vf', `scale='min(${settings.maxWidthPx},iw)':-2`],
    ...['-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe'],
  ];
}

/**
 * The first picture of a small MP4 (initialisation and one fragment) as a JPEG. Throws
 * CAMERA_STREAM_INVALID when ffmpeg makes none of it in time. The only module that runs ffmpeg.
 */
export async function renderStill(
  mp4: Buffer,
  settings: StillSettings = defaultStillSettings,
): Promise<Buffer> {
  const output = new PassThrough();
  const command = ffmpeg(Readable.from([mp4]))
    .inputFormat('mp4')
    .outputOptions(buildStillOptions(settings));
  const failed = new Promise<never>((_, reject) => {
    command.on('error', (error: Error) => reject(error));
  });
  const timer = setTimeout(() => command.kill('SIGKILL'), settings.timeoutMs);
  try {
    command.pipe(output, { end: true });
    const jpeg = await Promise.race([collect(output, settings.maxJpegBytes), failed]);
    if (jpeg.length === 0) throw new Error('ffmpeg gave no picture');
    return jpeg;
  } catch (error) {
    command.kill('SIGKILL');
    throw new Fault('CAMERA_STREAM_INVALID', 'No picture can be made of this footage', {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function collect(stream: PassThrough, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    parts.push(part);
    bytes += part.length;
    if (bytes > maxBytes) throw new Error('The picture is too large');
  }
  return Buffer.concat(parts);
}
