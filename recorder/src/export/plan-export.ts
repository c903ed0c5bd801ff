import type { CameraId } from '@nigehban/domain/camera.ts';
import type { GapEntry, SegmentEntry } from '@nigehban/domain/footage.ts';
import { type ExportedGap, planExportedGaps } from '@nigehban/domain/footage-export.ts';
import { clockHoleUs } from '@nigehban/domain/footage-outline.ts';
import { type FootageSpan, isDoubted } from '@nigehban/domain/identity-doubt.ts';
import type { ScannedFragment } from '@nigehban/media/mp4/recording-scan.ts';
import { listHours, readChainHour } from '../chain/chain-files.ts';
import { type FootageRoots, hourFolder } from '../footage-layout.ts';
import { findSegmentFile, openSegmentFile } from '../open-segment-file.ts';
import { passOverUnreadable } from '../playback/footage-stream.ts';
import { listSegments } from '../playback/list-segments.ts';
import {
  fragmentEndUs,
  keyOfInitialisation,
  readSegmentContent,
  type SegmentContent,
  type SegmentSource,
  videoFragments,
} from '../playback/segment-reader.ts';

/** What an export takes of one segment. */
export interface ExportPiece {
  readonly segmentUs: number;
  /** The file it comes from. */
  readonly path: string;
  /** The whole file, or the bytes that are taken behind its initialisation. */
  readonly cut: {
    readonly initialisationBytes: number;
    readonly ranges: readonly ByteSpan[];
  } | null;
  readonly startUs: number;
  readonly endUs: number;
  readonly durationUs: number;
  readonly frames: number;
  readonly sizeBytes: number;
  readonly initialisation: string;
  readonly codec: string;
}

interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

interface Range {
  readonly fromUs: number;
  readonly toUs: number;
  /** Pieces that begin in these are left out, and told as gaps. */
  readonly without?: readonly FootageSpan[];
}

/**
 * The pieces of a camera's range in order of time: whole fragments from the key frame at or before
 * its start to the last one that begins before its end.
 */
export async function planExport(
  source: SegmentSource,
  cameraId: CameraId,
  range: Range,
): Promise<ExportPiece[]> {
  const pieces: ExportPiece[] = [];
  const { fromUs, toUs, without } = range;
  for (const startUs of await listSegments(source.root, cameraId, fromUs, toUs, without)) {
    const piece = await planPiece(source, cameraId, startUs, range).catch(passOverUnreadable);
    if (piece !== undefined) pieces.push(piece);
  }
  return pieces;
}

async function planPiece(
  source: SegmentSource,
  cameraId: CameraId,
  startUs: number,
  range: Range,
): Promise<ExportPiece | undefined> {
  await using file = await openSegmentFile(source.root, cameraId, startUs);
  const growing = await source.recorder.openSegment(cameraId);
  const content = await readSegmentContent(file, { startUs, growing });
  const video = videoFragments(content);
  const end = video.at(-1);
  if (end === undefined || fragmentEndUs(end, content) <= range.fromUs) return undefined;
  const keyUs =
    video.findLast((one) => one.startsWithKey && wallOf(one, content) <= range.fromUs)?.wallUs ??
    startUs;
  const taken = content.scan.fragments.filter(
    (one) => wallOf(one, content) >= keyUs && wallOf(one, content) < range.toUs,
  );
  const pictures = taken.filter((one) => one.trackId === content.video.id);
  const first = pictures[0];
  const last = pictures.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const isWhole = taken.length === content.scan.fragments.length && !content.open;
  const ticks = last.decodeTicks + last.durationTicks - first.decodeTicks;
  const ranges = joinSpans(taken);
  return {
    segmentUs: startUs,
    path: await findSegmentFile(source.root, cameraId, startUs),
    cut: isWhole ? null : { initialisationBytes: content.scan.initialisationBytes, ranges },
    startUs: wallOf(first, content),
    endUs: Math.round(fragmentEndUs(last, content)),
    durationUs: (ticks * 1e6) / content.video.timescaleHz,
    frames: pictures.reduce((sum, one) => sum + one.samples, 0),
    sizeBytes: ranges.reduce((sum, one) => sum + one.end - one.start, 0),
    initialisation: keyOfInitialisation(content.initialisation),
    codec: [content.video, ...content.scan.tracks.filter((track) => track !== content.video)]
      .map((track) => track.codec)
      .join(','),
  };
}

/** The gaps of a range: those of its chain, and what is left out because it is doubted. */
export function planGaps(
  range: Range,
  pieces: readonly ExportPiece[],
  chain: Awaited<ReturnType<typeof readChainOfRange>>,
): ExportedGap[] {
  const without = range.without ?? [];
  const doubted = [...chain.segments.values()]
    .filter((entry) => isDoubted(entry.startUs, without))
    .map(({ startUs, endUs }) => ({ startUs, endUs, cause: 'identity-doubt' as const }));
  const told = [...chain.gaps, ...doubted].sort((a, b) => a.startUs - b.startUs);
  const gaps = planExportedGaps(range, pieces, told, clockHoleUs);
  // The piece that is being written stands in no chain yet.
  return gaps.map((gap) =>
    gap.cause === null && isDoubted(gap.startUs, without)
      ? { ...gap, cause: 'identity-doubt' as const }
      : gap,
  );
}

/** Pieces that one file holds: a new one begins with every change of initialisation. */
export function groupParts(pieces: readonly ExportPiece[]): ExportPiece[][] {
  const parts: ExportPiece[][] = [];
  for (const piece of pieces) {
    const part = parts.at(-1);
    if (part?.[0]?.initialisation === piece.initialisation) part.push(piece);
    else parts.push([piece]);
  }
  return parts;
}

/** The chain's entries that touch a range, from the hours around it. */
export async function readChainOfRange(
  roots: FootageRoots,
  cameraId: CameraId,
  range: Range,
): Promise<{ segments: Map<number, SegmentEntry>; gaps: GapEntry[] }> {
  const firstHour = hourFolder(range.fromUs - 3_600_000_000);
  // An entry may stand in a later hour than its start's.
  const lastHour = hourFolder(range.toUs + 3_600_000_000);
  const segments = new Map<number, SegmentEntry>();
  const gaps: GapEntry[] = [];
  for (const hour of await listHours(roots, cameraId)) {
    if (hour < firstHour || hour > lastHour) continue;
    const chain = await readChainHour(roots, cameraId, hour);
    for (const { entry } of chain?.lines ?? []) {
      if (entry === undefined || entry.endUs <= range.fromUs || entry.startUs >= range.toUs) {
        continue;
      }
      if (entry.kind === 'segment') segments.set(entry.startUs, entry);
      else gaps.push(entry);
    }
  }
  gaps.sort((a, b) => a.startUs - b.startUs);
  return { segments, gaps };
}

function wallOf(fragment: ScannedFragment, content: SegmentContent): number {
  return fragment.wallUs ?? content.startUs;
}

function joinSpans(fragments: readonly ScannedFragment[]): ByteSpan[] {
  const spans: ByteSpan[] = [];
  for (const { startOffset, endOffset } of fragments) {
    const last = spans.at(-1);
    if (last?.end === startOffset) spans[spans.length - 1] = { start: last.start, end: endOffset };
    else spans.push({ start: startOffset, end: endOffset });
  }
  return spans;
}
