import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type FootageSpan, isDoubted } from '@nigehban/domain/identity-doubt.ts';
import { MediaError } from '@nigehban/media/media-error.ts';
import { fileSource } from '@nigehban/media/mp4/byte-source.ts';
import { type ScannedFragment, scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import { listHours, namesIn } from './chain/chain-files.ts';
import { type FootageRoots, hourFolder, segmentStartOf } from './footage-layout.ts';
import { openSegmentFile } from './open-segment-file.ts';
import type { OpenSegmentSource } from './recorder-types.ts';

export interface Still {
  readonly jpeg: Buffer;
  /** Wall time of the picture, microseconds. */
  readonly atUs: number;
}

export interface StillMakerOptions {
  readonly root: FootageRoots;
  readonly recorder: OpenSegmentSource;
  /** Makes a JPEG of the first picture of a small MP4. */
  readonly render: (mp4: Buffer) => Promise<Buffer>;
  /** ffmpeg processes at a time. */
  readonly atATime: number;
  /** Requests that may wait for one; more are refused. */
  readonly maxWaiting: number;
}

const maxFragmentBytes = 16 << 20;

/** Makes stills of recorded footage, a few at a time. */
export class StillMaker {
  readonly #options: StillMakerOptions;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: StillMakerOptions) {
    this.#options = options;
  }

  /**
   * The key frame at or before `atUs` in the segment that began last before it. Throws FOOTAGE_UNKNOWN
   * when there is none, FOOTAGE_DOUBTED when that segment begins in one of the spans `without`,
   * NODE_UNAVAILABLE when too many wait already.
   */
  async still(
    cameraId: CameraId,
    atUs: number,
    without: readonly FootageSpan[] = [],
  ): Promise<Still> {
    if (this.#running >= this.#options.atATime) {
      if (this.#waiting.length >= this.#options.maxWaiting) {
        throw new Fault('NODE_UNAVAILABLE', 'Too many stills are being made');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      const { mp4, pictureUs } = await this.#cut(cameraId, atUs, without);
      return { jpeg: await this.#options.render(mp4), atUs: pictureUs };
    } finally {
      // The place goes to who waits longest: nobody who comes now takes it as well.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  /** Initialisation and the one fragment that begins with the wanted key frame. */
  async #cut(
    cameraId: CameraId,
    atUs: number,
    without: readonly FootageSpan[],
  ): Promise<{ mp4: Buffer; pictureUs: number }> {
    const { root, recorder } = this.#options;
    const startUs = await findSegment(root, cameraId, atUs);
    if (startUs === undefined) {
      throw new Fault('FOOTAGE_UNKNOWN', `Camera ${cameraId} has nothing recorded before that`);
    }
    if (isDoubted(startUs, without)) {
      throw new Fault('FOOTAGE_DOUBTED', `It is not proved that this is of camera ${cameraId}`);
    }
    await using file = await openSegmentFile(root, cameraId, startUs);
    const growing = await recorder.openSegment(cameraId);
    const sizeBytes = growing?.startUs === startUs ? growing.sizeBytes : (await file.stat()).size;
    const scan = await scanRecording(fileSource(file, sizeBytes)).catch((error: unknown) => {
      if (!(error instanceof MediaError)) throw error;
      throw new Fault('FOOTAGE_UNKNOWN', 'This segment is not readable', { cause: error });
    });
    const videoId = scan.tracks.find((track) => track.kind === 'video')?.id;
    const keys = scan.fragments.filter(
      (fragment) => fragment.trackId === videoId && fragment.startsWithKey,
    );
    const wanted = keys.findLast((key) => (key.wallUs ?? 0) <= atUs) ?? keys[0];
    if (wanted === undefined) throw new Fault('FOOTAGE_UNKNOWN', 'This segment has no key frame');
    return {
      mp4: await readParts(file, scan.initialisationBytes, wanted),
      pictureUs: wanted.wallUs ?? startUs,
    };
  }
}

/** The start of the last segment at or before a time, by file names alone. */
async function findSegment(
  roots: FootageRoots,
  cameraId: CameraId,
  atUs: number,
): Promise<number | undefined> {
  const lastHour = hourFolder(atUs);
  const hours = (await listHours(roots, cameraId)).filter((hour) => hour <= lastHour).reverse();
  for (const hour of hours) {
    const starts = (await namesIn(roots, `${cameraId}/${hour}`))
      .map(segmentStartOf)
      .filter((startUs) => startUs !== undefined)
      .filter((startUs) => startUs <= atUs);
    if (starts.length > 0) return Math.max(...starts);
  }
  return undefined;
}

async function readParts(
  file: Awaited<ReturnType<typeof openSegmentFile>>,
  initialisationBytes: number,
  fragment: ScannedFragment,
): Promise<Buffer> {
  const fragmentBytes = fragment.endOffset - fragment.startOffset;
  if (fragmentBytes > maxFragmentBytes) throw new Fault('FOOTAGE_UNKNOWN', 'Fragment too large');
  const mp4 = Buffer.allocUnsafe(initialisationBytes + fragmentBytes);
  await file.read(mp4, 0, initialisationBytes, 0);
  await file.read(mp4, initialisationBytes, fragmentBytes, fragment.startOffset);
  return mp4;
}
