import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type FootageOutlines, videoCodecOf } from '@nigehban/domain/footage-outline.ts';
import { type FootageSpan, parseSpans } from '@nigehban/domain/identity-doubt.ts';
import { openSegmentFile } from '../open-segment-file.ts';
import { pipeToReader, sendBytes, sendJson, sendPieces } from '../send-bytes.ts';
import type { FilePiece } from '../virtual-file.ts';
import { type FootageStream, openFootageStream, videoInitialisation } from './footage-stream.ts';
import { placeSegmentAt } from './media-time.ts';
import { OutlineReader } from './outline-reader.ts';
import { planPlacedPieces } from './placed-pieces.ts';
import { readSegmentContent, type SegmentSource, videoFragments } from './segment-reader.ts';

export interface PlaybackOptions extends SegmentSource {
  /** Makes H.264 of a stream; without it nothing is transcoded. */
  readonly transcode?: ((mp4: AsyncIterable<Buffer>) => Readable) | undefined;
  /** Transcodings at a time; each costs about a core. Default 2. */
  readonly transcodings?: number;
}

export type PlaybackRoute =
  | {
      readonly kind: 'stream';
      readonly cameraId: CameraId;
      readonly fromUs: number;
      readonly toUs: number;
      readonly without: readonly FootageSpan[];
      readonly videoOnly: boolean;
      readonly h264: boolean;
    }
  | {
      readonly kind: 'outline';
      readonly cameraId: CameraId;
      readonly fromUs: number;
      readonly toUs: number;
      readonly without: readonly FootageSpan[];
    }
  | {
      readonly kind: 'initialisation';
      readonly cameraId: CameraId;
      readonly startUs: number;
      readonly videoOnly: boolean;
    }
  | {
      readonly kind: 'media';
      readonly cameraId: CameraId;
      readonly startUs: number;
      readonly videoOnly: boolean;
      /** Media time of the first picture. */
      readonly atUs: number;
      readonly limitBytes: number;
    };

const pathPattern =
  /^\/footage\/([1-9]\d{0,9})\/(?:(stream\.mp4)|(outline)|hls\/(\d{10,16})\/(?:(init\.mp4)|(media\.m4s)))$/;

/** What a URL asks of playback; undefined when it is no playback path. Throws REQUEST_INVALID. */
export function parsePlaybackRoute(url: URL): PlaybackRoute | undefined {
  const match = pathPattern.exec(url.pathname);
  if (match === null) return undefined;
  const cameraId = Number(match[1]);
  const videoOnly = url.searchParams.get('media') === 'video';
  const microseconds = (name: string, digits: RegExp): number => {
    const text = url.searchParams.get(name) ?? '';
    if (!digits.test(text)) throw new Fault('REQUEST_INVALID', `${name} must be a number`);
    return Number(text);
  };
  if (match[2] !== undefined || match[3] !== undefined) {
    const fromUs = microseconds('fromUs', /^\d{10,16}$/);
    const toUs = microseconds('toUs', /^\d{10,16}$/);
    if (toUs <= fromUs) throw new Fault('REQUEST_INVALID', 'The range ends before it begins');
    const without = readWithout(url);
    if (match[3] !== undefined) return { kind: 'outline', cameraId, fromUs, toUs, without };
    const h264 = url.searchParams.get('codec') === 'h264';
    return { kind: 'stream', cameraId, fromUs, toUs, without, videoOnly, h264 };
  }
  const startUs = Number(match[4]);
  if (match[5] !== undefined) return { kind: 'initialisation', cameraId, startUs, videoOnly };
  const atUs = microseconds('atUs', /^\d{1,12}$/);
  const limitBytes = microseconds('bytes', /^\d{1,12}$/);
  return { kind: 'media', cameraId, startUs, videoOnly, atUs, limitBytes };
}

/** `without=from-to,…`: pieces that begin there are left out. @throws Fault REQUEST_INVALID */
export function readWithout(url: URL): readonly FootageSpan[] {
  const spans = parseSpans(url.searchParams.get('without') ?? '');
  if (spans === null) throw new Fault('REQUEST_INVALID', 'without must be spans in microseconds');
  return spans;
}

/** Serves streams, outlines for playlists and the playlists' segments. */
export class PlaybackHandler {
  readonly #options: PlaybackOptions;
  readonly #outlines: OutlineReader;
  #transcodings = 0;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#outlines = new OutlineReader(options);
  }

  async answer(
    route: PlaybackRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    switch (route.kind) {
      case 'stream':
        return await this.#stream(route, request, response);
      case 'outline': {
        const { cameraId, fromUs, toUs, without } = route;
        const pieces = await this.#outlines.read(cameraId, fromUs, toUs, without);
        return sendJson(response, 200, { cameraId, pieces } satisfies FootageOutlines);
      }
      case 'initialisation':
      case 'media':
        return await this.#segment(route, request, response);
    }
  }

  async #stream(
    route: Extract<PlaybackRoute, { kind: 'stream' }>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const stream = await openFootageStream(this.#options, route);
    const source = videoCodecOf(stream.codec);
    const transcoding = route.h264 && !source.startsWith('avc1');
    if (transcoding) this.#enterTranscoding();
    try {
      setStreamHeaders(response, stream);
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('Content-Type', 'video/mp4');
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      const transcode = transcoding ? this.#options.transcode : undefined;
      await pipeToReader(transcode?.(stream.bytes) ?? stream.bytes, response);
    } finally {
      if (transcoding) this.#transcodings -= 1;
    }
  }

  #enterTranscoding(): void {
    const { transcode, transcodings = 2 } = this.#options;
    if (transcode === undefined || this.#transcodings >= transcodings) {
      throw new Fault('TRANSCODING_LIMIT_REACHED', 'This node transcodes as much as it may', {
        details: { atATime: transcode === undefined ? 0 : transcodings },
      });
    }
    this.#transcodings += 1;
  }

  async #segment(
    route: Extract<PlaybackRoute, { kind: 'initialisation' | 'media' }>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { cameraId, startUs, videoOnly } = route;
    const { root, recorder } = this.#options;
    await using file = await openSegmentFile(root, cameraId, startUs);
    const growing = await recorder.openSegment(cameraId);
    const limitBytes = route.kind === 'media' ? route.limitBytes : undefined;
    const content = await readSegmentContent(file, {
      startUs,
      growing,
      ...(limitBytes === undefined ? {} : { limitBytes }),
    });
    response.setHeader('Cache-Control', 'private, max-age=3600');
    if (route.kind === 'initialisation') {
      const bytes = videoOnly ? videoInitialisation(content) : content.initialisation;
      sendBytes(response, 200, 'video/mp4', bytes);
      return;
    }
    const pieces = await placedPieces(file, route, content);
    const etag = `"${startUs}-${content.scan.wholeBytes}-${route.atUs}${videoOnly ? '-v' : ''}"`;
    await sendPieces(request, response, file, pieces, etag);
  }
}

async function placedPieces(
  file: FileHandle,
  route: Extract<PlaybackRoute, { kind: 'media' }>,
  content: Awaited<ReturnType<typeof readSegmentContent>>,
): Promise<FilePiece[]> {
  const { video, scan } = content;
  const firstTicks = videoFragments(content)[0]?.decodeTicks ?? 0;
  const place = placeSegmentAt(route.atUs, scan.tracks, {
    firstTicks,
    timescaleHz: video.timescaleHz,
  });
  const fragments = route.videoOnly ? videoFragments(content) : scan.fragments;
  return await planPlacedPieces(file, fragments, place);
}

function setStreamHeaders(response: ServerResponse, stream: FootageStream): void {
  response.setHeader('X-Footage-Codec', stream.codec);
  response.setHeader('X-Footage-From-Us', String(stream.fromUs));
  response.setHeader('X-Footage-End', stream.end);
  // Rounded up to the millisecond that the console's API counts in: it lies in the next piece.
  const { nextUs } = stream;
  if (nextUs !== undefined) {
    response.setHeader('X-Footage-Next-Ms', String(Math.ceil(nextUs / 1_000)));
  }
}
