import { PassThrough, Readable } from 'node:stream';
import { Fault } from '@nigehban/domain/faults.ts';
import ffmpeg from 'fluent-ffmpeg';

/** ffmpeg's output options for H.264 that every browser plays, a fragment at each key frame. */
export function buildTranscodeOptions(): string[] {
  return [
    ...['-map', '0:v:0', '-an', '-threads', '2'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-crf', '24'],
    // Browsers decode 4:2:0 of 8 bits only; a hole in the times stays a hole.
    ...['-pix_fmt', 'yuv420p', '-g', '50', '-fps_mode', 'passthrough'],
    ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4'],
  ];
}

/**
 * A fragmented MP4 of any codec as H.264, without its sound, while it is read. The returned stream
 * fails with CAMERA_STREAM_INVALID when ffmpeg does; destroying it ends ffmpeg.
 */
export function transcodeToH264(mp4: AsyncIterable<Buffer>): Readable {
  const input = Readable.from(mp4, { highWaterMark: 2 });
  const output = new PassThrough({ highWaterMark: 256 << 10 });
  const command = ffmpeg(input).inputFormat('mp4').outputOptions(buildTranscodeOptions());
  let isOver = false;
  const end = () => {
    if (!isOver) command.kill('SIGKILL');
    isOver = true;
    input.destroy();
  };
  command.on('error', (cause: Error) => {
    isOver = true;
    input.destroy();
    output.destroy(
      new Fault('CAMERA_STREAM_INVALID', 'This footage cannot be transcoded', { cause }),
    );
  });
  command.on('end', () => {
    isOver = true;
  });
  input.on('error', (error) => output.destroy(error));
  output.on('close', end);
  command.pipe(output, { end: true });
  return output;
}
