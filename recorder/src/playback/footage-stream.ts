import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { longestPlaybackMs } from '@nigehban/domain/footage-outline.ts';
import type { FootageSpan } from '@nigehban/domain/identity-doubt.ts';
import { openSegmentFile } from '../open-segment-file.ts';
import { planVideoOnly, readPieces } from '../virtual-file.ts';
import { listSegments } from './list-segments.ts';
import { StreamTimeline } from './media-time.ts';
import { planPlacedPieces } from './placed-pieces.ts';
import {
  fragmentEndUs,
  keyOfInitialisation,
  readInitialisation,
  readSegmentContent,
  type SegmentContent,
  type SegmentSource,
  videoFragments,
} from './segment-reader.ts';

/** Why a stream ends where it ends. */
export type StreamEnd =
  /** At the end of the range, or of what is recorded of it. */
  | 'complete'
  /** A decoder must be set up anew: the rest is another stream. */
  | 'initialisation'
  /** The range is longer than one stream may be. */
  | 'limit';

export interface FootageStream {
  /** RFC 6381, video first, of the whole stream. */
  readonly codec: string;
  /** Wall time of the first picture. */
  readonly fromUs: number;
  readonly end: StreamEnd;
  /** What to ask for next to go on; undefined when the stream is complete. */
  readonly nextUs: number | undefined;
  /** Initialisation, then whole fragments, read as they are taken. */
  readonly bytes: AsyncGenerator<Buffer>;
}

export interface StreamWish {
  readonly cameraId: CameraId;
  readonly fromUs: number;
  readonly toUs: number;
  readonly videoOnly: boolean;
  /** Pieces that begin in these are left out. */
  readonly without?: readonly FootageSpan[];
}

/**
 * One continuous stream of a range: from the key frame at or before `fromUs` (else the first picture
 * after it) up to the last fragment that begins before `toUs`, across files, as long as one
 * initialisation serves. Gaps are holes in media time. @throws Fault FOOTAGE_UNKNOWN when nothing of
 * the range is here
 */
export async function openFootageStream(
  source: SegmentSource,
  wish: StreamWish,
): Promise<FootageStream> {
  const { cameraId, fromUs } = wish;
  const limitUs = fromUs + longestPlaybackMs * 1_000;
  const toUs = Math.min(wish.toUs, limitUs);
  const starts = await listSegments(source.root, cameraId, fromUs, toUs, wish.without);
  const first = await findFirst(source, wish, starts, toUs);
  const key = keyOfInitialisation(first.content.initialisation);
  const run = [first.content.startUs];
  let nextUs: number | undefined;
  for (const startUs of starts.filter((one) => one > first.content.startUs)) {
    const other = await keyOfSegment(source, cameraId, startUs);
    if (other === undefined) continue;
    if (other !== key) {
      nextUs = startUs;
      break;
    }
    run.push(startUs);
  }
  const isLimited = nextUs === undefined && wish.toUs > toUs;
  const tracks = first.content.scan.tracks.filter(
    (track) => !wish.videoOnly || track.kind === 'video',
  );
  return {
    codec: [first.content.video, ...tracks.filter((track) => track.kind !== 'video')]
      .map((track) => track.codec)
      .join(','),
    fromUs: first.fromUs,
    end: nextUs !== undefined ? 'initialisation' : isLimited ? 'limit' : 'complete',
    nextUs: nextUs ?? (isLimited ? toUs : undefined),
    bytes: readRun(source, { ...wish, toUs }, run, first.fromUs),
  };
}

/** The segment and key frame that a stream begins with. */
async function findFirst(
  source: SegmentSource,
  wish: StreamWish,
  starts: readonly number[],
  toUs: number,
): Promise<{ content: SegmentContent; fromUs: number }> {
  for (const startUs of starts) {
    const content = await readContent(source, wish.cameraId, startUs).catch(passOverUnreadable);
    const last = content === undefined ? undefined : videoFragments(content).at(-1);
    if (content === undefined || last === undefined) continue;
    if (fragmentEndUs(last, content) <= wish.fromUs) continue;
    const keys = videoFragments(content).filter((fragment) => fragment.startsWithKey);
    const key = keys.findLast((one) => (one.wallUs ?? startUs) <= wish.fromUs) ?? keys[0];
    const keyUs = key?.wallUs ?? startUs;
    if (key !== undefined && keyUs < toUs) return { content, fromUs: keyUs };
  }
  throw new Fault('FOOTAGE_UNKNOWN', `Nothing of camera ${wish.cameraId} is recorded there`);
}

async function* readRun(
  source: SegmentSource,
  wish: StreamWish,
  run: readonly number[],
  fromUs: number,
): AsyncGenerator<Buffer> {
  const timeline = new StreamTimeline();
  let isFirst = true;
  for (const startUs of run) {
    await using file = await openSegmentFile(source.root, wish.cameraId, startUs);
    const growing = await source.recorder.openSegment(wish.cameraId);
    const content = await readSegmentContent(file, { startUs, growing });
    const fragments = content.scan.fragments.filter(
      (fragment) =>
        (fragment.wallUs ?? startUs) >= fromUs &&
        (fragment.wallUs ?? startUs) < wish.toUs &&
        (!wish.videoOnly || fragment.trackId === content.video.id),
    );
    const first = fragments.find((fragment) => fragment.trackId === content.video.id);
    if (first === undefined) continue;
    if (isFirst) {
      yield wish.videoOnly ? videoInitialisation(content) : content.initialisation;
      isFirst = false;
    }
    const place = timeline.begin(content.scan.tracks, content.video.id, {
      decodeTicks: first.decodeTicks,
      wallUs: first.wallUs ?? startUs,
    });
    for (const fragment of fragments) {
      // A fragment at a time: the heads of a whole file need not stay in memory for a slow reader.
      const pieces = await planPlacedPieces(file, [fragment], place);
      yield* readPieces(file, pieces, 0, fragment.endOffset - fragment.startOffset);
    }
  }
}

/** The initialisation with its video track alone. */
export function videoInitialisation(content: SegmentContent): Buffer {
  const [piece] = planVideoOnly({ ...content.scan, fragments: [] }, content.initialisation);
  return piece?.kind === 'memory' ? piece.bytes : content.initialisation;
}

async function readContent(
  source: SegmentSource,
  cameraId: CameraId,
  startUs: number,
): Promise<SegmentContent> {
  await using file = await openSegmentFile(source.root, cameraId, startUs);
  const growing = await source.recorder.openSegment(cameraId);
  return await readSegmentContent(file, { startUs, growing });
}

async function keyOfSegment(
  source: SegmentSource,
  cameraId: CameraId,
  startUs: number,
): Promise<string | undefined> {
  try {
    await using file = await openSegmentFile(source.root, cameraId, startUs);
    const initialisation = await readInitialisation(file);
    return initialisation === undefined ? undefined : keyOfInitialisation(initialisation);
  } catch (error) {
    return passOverUnreadable(error);
  }
}

/** A segment that was removed or is unreadable is passed over: the verifier names it. */
export function passOverUnreadable(error: unknown): undefined {
  if (error instanceof Fault && error.code === 'FOOTAGE_UNKNOWN') return undefined;
  throw error;
}
