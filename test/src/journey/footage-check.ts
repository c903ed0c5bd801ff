import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ChainEntry, SegmentEntry } from '@nigehban/domain/footage.ts';

const run = promisify(execFile);

/** All chain entries below a footage folder, as people who have the disk alone read them. */
export async function readChains(footageFolder: string): Promise<ChainEntry[]> {
  const names = await readdir(footageFolder, { recursive: true });
  const lines = await Promise.all(
    names
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFile(join(footageFolder, name), 'utf8')),
  );
  return lines.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ChainEntry),
  );
}

export function segmentsOf(entries: readonly ChainEntry[]): SegmentEntry[] {
  return entries.filter((entry) => entry.kind === 'segment');
}

/** Video frames by ffprobe's count, and what ffmpeg complains of when it decodes the file alone. */
export async function inspectSegment(
  file: string,
): Promise<{ frames: number; complaints: string }> {
  const probe = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-select_streams', 'v:0'],
    ...['-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file],
  ]);
  const decode = await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  return { frames: Number.parseInt(probe.stdout, 10), complaints: decode.stderr + probe.stderr };
}
