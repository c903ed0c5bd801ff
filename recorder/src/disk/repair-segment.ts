import { createHash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { MediaError } from '@nigehban/media/media-error.ts';
import { fileSource } from '@nigehban/media/mp4/byte-source.ts';
import { type RecordingScan, scanRecording } from '@nigehban/media/mp4/recording-scan.ts';

/** What an examined file of footage holds. */
export interface ExaminedSegment {
  readonly endUs: number;
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly fragments: readonly (readonly [endOffsetBytes: number, sha256: string])[];
  /** A torn end was cut off; it is kept beside the file as `.torn`. */
  readonly repaired: boolean;
}

const copyBytes = 256 << 10;

/**
 * Makes a file without chain entry fit for one: cuts it at its last whole fragment and hashes it.
 * Undefined when not one fragment is whole: such a file is set aside as `.unreadable`. Nothing is
 * deleted. Throws the disk's own errors.
 */
export async function repairSegment(
  path: string,
  startUs: number,
): Promise<ExaminedSegment | undefined> {
  const file = await open(path, 'r+');
  let scan: RecordingScan | undefined;
  try {
    const { size } = await file.stat();
    scan = await scanOrUndefined(file, size);
    if (scan !== undefined) {
      const repaired = scan.wholeBytes < size;
      if (repaired) await setTailAside(file, path, scan.wholeBytes, size);
      return { ...describe(scan, startUs), ...(await hashSegment(file, scan)), repaired };
    }
  } finally {
    await file.close();
  }
  await rename(path, `${path}.unreadable`);
  return undefined;
}

/** End time, codec and frames by a file's structure. */
export function describe(scan: RecordingScan, startUs: number) {
  const video = scan.tracks.find((track) => track.kind === 'video') ?? scan.tracks[0];
  const ofVideo = scan.fragments.filter((fragment) => fragment.trackId === video?.id);
  const last = ofVideo.at(-1);
  const timescaleHz = video?.timescaleHz ?? 1;
  const endUs =
    last === undefined
      ? startUs
      : (last.wallUs ?? startUs + (last.decodeTicks * 1e6) / timescaleHz) +
        (last.durationTicks * 1e6) / timescaleHz;
  return {
    endUs: Math.max(startUs, Math.round(endUs)),
    codec: scan.tracks.map((track) => track.codec).join(','),
    widthPx: video?.widthPx ?? 0,
    heightPx: video?.heightPx ?? 0,
    frames: ofVideo.reduce((sum, fragment) => sum + fragment.samples, 0),
    sizeBytes: scan.wholeBytes,
  };
}

async function scanOrUndefined(file: FileHandle, size: number): Promise<RecordingScan | undefined> {
  try {
    const scan = await scanRecording(fileSource(file, size));
    return scan.fragments.length > 0 ? scan : undefined;
  } catch (error) {
    if (error instanceof MediaError) return undefined;
    throw error;
  }
}

async function hashSegment(file: FileHandle, scan: RecordingScan) {
  const digest = createHash('sha256');
  const fragments: [number, string][] = [];
  const bytes = Buffer.allocUnsafe(copyBytes);
  let at = 0;
  for (const { endOffset } of scan.fragments) {
    while (at < endOffset) {
      const { bytesRead } = await file.read(bytes, 0, Math.min(copyBytes, endOffset - at), at);
      if (bytesRead === 0) throw new Error('The file became shorter while it was read');
      digest.update(bytes.subarray(0, bytesRead));
      at += bytesRead;
    }
    fragments.push([endOffset, digest.copy().digest('hex')]);
  }
  return { sha256: digest.digest('hex'), fragments };
}

async function setTailAside(
  file: FileHandle,
  path: string,
  from: number,
  size: number,
): Promise<void> {
  const aside = await open(`${path}.torn`, 'w');
  try {
    const bytes = Buffer.allocUnsafe(copyBytes);
    for (let at = from; at < size; ) {
      const { bytesRead } = await file.read(bytes, 0, copyBytes, at);
      if (bytesRead === 0) break;
      await aside.write(bytes, 0, bytesRead);
      at += bytesRead;
    }
    await aside.datasync();
  } finally {
    await aside.close();
  }
  await file.truncate(from);
  await file.datasync();
}
