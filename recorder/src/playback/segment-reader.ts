import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Fault } from '@nigehban/domain/faults.ts';
import type { FootageOutline } from '@nigehban/domain/footage-outline.ts';
import { MediaError } from '@nigehban/media/media-error.ts';
import { type BoxSpan, boxAt, children } from '@nigehban/media/mp4/box-reader.ts';
import { fileSource } from '@nigehban/media/mp4/byte-source.ts';
import type { ScannedTrack } from '@nigehban/media/mp4/initialisation-reader.ts';
import {
  type RecordingScan,
  type ScannedFragment,
  scanRecording,
} from '@nigehban/media/mp4/recording-scan.ts';
import type { FootageRoots } from '../footage-layout.ts';
import type { OpenSegment, OpenSegmentSource } from '../recorder-types.ts';

/** Where segments are read: the footage roots and what is being written there. */
export interface SegmentSource {
  readonly root: FootageRoots;
  readonly recorder: OpenSegmentSource;
}

/** The structure of a segment, and its first bytes up to the first fragment. */
export interface SegmentContent {
  readonly startUs: number;
  readonly scan: RecordingScan;
  readonly video: ScannedTrack;
  readonly initialisation: Buffer;
  readonly open: boolean;
}

/**
 * Scans an open file; of the segment that is being written only what is whole, and never more than
 * `limitBytes`. @throws Fault FOOTAGE_UNKNOWN when it is no readable recording
 */
export async function readSegmentContent(
  file: FileHandle,
  given: {
    readonly startUs: number;
    readonly growing: OpenSegment | undefined;
    readonly limitBytes?: number;
  },
): Promise<SegmentContent> {
  const { startUs } = given;
  const growing = given.growing?.startUs === startUs ? given.growing : undefined;
  const presentBytes = growing?.sizeBytes ?? (await file.stat()).size;
  const sizeBytes = Math.min(presentBytes, given.limitBytes ?? presentBytes);
  const scan = await scanRecording(fileSource(file, sizeBytes)).catch((cause: unknown) => {
    if (!(cause instanceof MediaError)) throw cause;
    throw new Fault('FOOTAGE_UNKNOWN', `The segment ${startUs} is not readable`, { cause });
  });
  const video = scan.tracks.find((track) => track.kind === 'video');
  if (video === undefined) {
    throw new Fault('FOOTAGE_UNKNOWN', `The segment ${startUs} has no pictures`);
  }
  const initialisation = Buffer.alloc(scan.initialisationBytes);
  await file.read(initialisation, 0, initialisation.length, 0);
  return { startUs, scan, video, initialisation, open: growing !== undefined };
}

export function videoFragments(content: SegmentContent): readonly ScannedFragment[] {
  return content.scan.fragments.filter((fragment) => fragment.trackId === content.video.id);
}

/** Wall time after a fragment's last picture. */
export function fragmentEndUs(fragment: ScannedFragment, content: SegmentContent): number {
  const { timescaleHz } = content.video;
  const wallUs = fragment.wallUs ?? content.startUs + (fragment.decodeTicks * 1e6) / timescaleHz;
  return wallUs + (fragment.durationTicks * 1e6) / timescaleHz;
}

/** What a playlist needs of a segment; undefined while it has no whole fragment. */
export function outlineOf(content: SegmentContent): FootageOutline | undefined {
  const fragments = videoFragments(content);
  const [first] = fragments;
  const last = fragments.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const ticks = last.decodeTicks + last.durationTicks - first.decodeTicks;
  return {
    startUs: content.startUs,
    endUs: Math.round(fragmentEndUs(last, content)),
    initialisation: keyOfInitialisation(content.initialisation),
    codec: [content.video, ...content.scan.tracks.filter((track) => track !== content.video)]
      .map((track) => track.codec)
      .join(','),
    durationUs: (ticks * 1e6) / content.video.timescaleHz,
    frames: fragments.reduce((sum, fragment) => sum + fragment.samples, 0),
    sizeBytes: content.scan.wholeBytes,
    open: content.open,
  };
}

/** Equal for initialisations that differ in their creation times alone. */
export function keyOfInitialisation(initialisation: Buffer): string {
  const bytes = Buffer.from(initialisation);
  const forget = (parent: BoxSpan) => {
    for (const box of children(bytes, parent.bodyStart, parent.end)) {
      if (['trak', 'mdia'].includes(box.type)) forget(box);
      // FullBox version 0: creation and modification time follow version and flags.
      if (['mvhd', 'tkhd', 'mdhd'].includes(box.type)) {
        bytes.fill(0, box.bodyStart + 4, box.bodyStart + (bytes[box.bodyStart] === 1 ? 20 : 12));
      }
    }
  };
  for (let at = 0; at < bytes.length; ) {
    const box = boxAt(bytes, at, bytes.length);
    if (box === undefined) break;
    if (box.type === 'moov') forget(box);
    at = box.end;
  }
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

const longestInitialisationBytes = 16 << 10;

/** The initialisation of a file by one read; undefined when it has no whole one. */
export async function readInitialisation(file: FileHandle): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(longestInitialisationBytes);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  for (let at = 0; at < bytesRead; ) {
    const box = boxAt(bytes, at, bytesRead);
    if (box === undefined) return undefined;
    if (box.type === 'moov') return bytes.subarray(0, box.end);
    at = box.end;
  }
  return undefined;
}
