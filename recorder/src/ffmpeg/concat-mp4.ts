import { Fault } from '@nigehban/domain/faults.ts';
import ffmpeg from 'fluent-ffmpeg';

/** A file of a concatenation and its exact length, which ffmpeg would only guess of fragments. */
export interface ConcatInput {
  readonly path: string;
  readonly durationUs: number;
}

/** The list that ffmpeg's concat demuxer reads. */
export function buildConcatList(inputs: readonly ConcatInput[]): string {
  const lines = inputs.flatMap(({ path, durationUs }) => [
    `file '${path.replaceAll("'", "'\\''")}'`,
    `duration ${(durationUs / 1e6).toFixed(6)}`,
  ]);
  return `ffconcat version 1.0\n${lines.join('\n')}\n`;
}

/**
 * ffmpeg's output options: every stream as it was received. G.711 has no sample entry in the ISO
 * registry; with it the file is written as QuickTime's, which keeps the sound as recorded too.
 */
export function buildConcatOptions(codec: string): string[] {
  const isIso = !/\b(ulaw|alaw)\b/.test(codec);
  const tag = codec.startsWith('hvc1') ? ['-tag:v', 'hvc1'] : [];
  return [
    '-map',
    '0',
    '-c',
    'copy',
    ...tag,
    '-movflags',
    '+faststart',
    '-f',
    isIso ? 'mp4' : 'mov',
  ];
}

/**
 * Joins the files of a list into one MP4 without re-encoding. `onProgress` hears of the media time
 * written. @throws Fault EXPORT_FAILED; the signal's reason when it was aborted
 */
export async function concatToMp4(options: {
  readonly listFile: string;
  readonly codec: string;
  readonly outputFile: string;
  readonly signal: AbortSignal;
  readonly onProgress: (mediaUs: number) => void;
}): Promise<void> {
  options.signal.throwIfAborted();
  const command = ffmpeg()
    .input(options.listFile)
    .inputOptions(['-f', 'concat', '-safe', '0'])
    .outputOptions(buildConcatOptions(options.codec));
  const abort = () => command.kill('SIGKILL');
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      command.on('progress', ({ timemark }: { timemark?: string }) => {
        options.onProgress(parseTimemark(timemark ?? ''));
      });
      command.on('error', reject);
      command.on('end', () => resolve());
      command.save(options.outputFile);
    });
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new Fault('EXPORT_FAILED', 'ffmpeg could not join the recording', { cause });
  } finally {
    options.signal.removeEventListener('abort', abort);
  }
}

/** `00:01:02.50` in microseconds; 0 when it is none. */
export function parseTimemark(timemark: string): number {
  const match = /^(\d+):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(timemark);
  if (match === null) return 0;
  return ((Number(match[1]) * 60 + Number(match[2])) * 60 + Number(match[3])) * 1e6;
}
