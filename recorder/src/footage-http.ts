import { createHash, timingSafeEqual } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, faultCatalogue, toFaultMessage } from '@nigehban/domain/faults.ts';
import { fileSource } from '@nigehban/media/mp4/byte-source.ts';
import { scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import { parseByteRange } from './byte-range.ts';
import { segmentPath } from './footage-layout.ts';
import type { OpenSegmentSource } from './recorder-types.ts';
import type { StillMaker } from './still-maker.ts';
import { type FilePiece, piecesBytes, planVideoOnly, readPieces } from './virtual-file.ts';

export interface FootageHandlerOptions {
  /** The footage root. */
  readonly root: string;
  /** What the server authenticates with: `Authorization: Bearer <key>`. */
  readonly clusterKey: string;
  /** The recorder's view of what is being written. */
  readonly recorder: OpenSegmentSource;
  readonly stills: StillMaker;
}

export type FootageHandler = (request: IncomingMessage, response: ServerResponse) => void;

type Route =
  | { kind: 'segment'; cameraId: CameraId; startUs: number; videoOnly: boolean }
  | { kind: 'open'; cameraId: CameraId }
  | { kind: 'still'; cameraId: CameraId; atUs: number };

/**
 * Serves footage to the server over the media node's internal port:
 * - `GET /footage/<camera>/<startUs>.mp4[?media=video]`: a segment, byte ranges, the open one up to its
 *   last whole fragment; `media=video` leaves the audio out.
 * - `GET /footage/<camera>/open`: JSON `{ segment: OpenSegment | null }`.
 * - `GET /footage/<camera>/stills?atUs=`: JPEG of the key frame at or before a time.
 *
 * Paths on disk are made of the two numbers alone. Faults are JSON {@link toFaultMessage}.
 */
export function createFootageHandler(options: FootageHandlerOptions): FootageHandler {
  const expected = digest(`Bearer ${options.clusterKey}`);
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const message = toFaultMessage(error);
      const { status } = faultCatalogue[message.code];
      send(response, status, 'application/json', Buffer.from(JSON.stringify({ fault: message })));
    });
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Digests have one length whatever was sent, as the comparison needs.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      throw new Fault('LINK_REFUSED', 'The footage port needs the cluster key');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Fault('REQUEST_INVALID', `Method ${request.method} is not served here`);
    }
    const route = parseRoute(request.url ?? '');
    if (route.kind === 'open') {
      const segment = (await options.recorder.openSegment(route.cameraId)) ?? null;
      send(response, 200, 'application/json', Buffer.from(JSON.stringify({ segment })));
    } else if (route.kind === 'still') {
      const { jpeg, atUs } = await options.stills.still(route.cameraId, route.atUs);
      response.setHeader('X-Picture-Time-Us', String(atUs));
      send(response, 200, 'image/jpeg', jpeg);
    } else {
      await sendSegment(route, request, response);
    }
  }

  async function sendSegment(
    route: Extract<Route, { kind: 'segment' }>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { cameraId, startUs } = route;
    const writing = await options.recorder.openSegment(cameraId);
    const growing = writing?.startUs === startUs ? writing : undefined;
    await using file = await openSegmentFile(options.root, cameraId, startUs);
    const sizeBytes = growing?.sizeBytes ?? (await file.stat()).size;
    const pieces = route.videoOnly
      ? await videoPieces(file, sizeBytes)
      : [{ kind: 'disk' as const, start: 0, end: sizeBytes }];
    const totalBytes = piecesBytes(pieces);
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader(
      'Cache-Control',
      growing === undefined ? 'private, max-age=3600' : 'no-store',
    );
    response.setHeader('X-Footage-Open', growing === undefined ? '0' : '1');
    // What grows has no validator: each answer is of another length.
    const etag = growing === undefined ? `"${startUs}-${totalBytes}"` : undefined;
    if (etag !== undefined) response.setHeader('ETag', etag);
    const ifRange = request.headers['if-range'];
    const wholeWanted = ifRange !== undefined && ifRange !== etag;
    const range = wholeWanted ? undefined : parseByteRange(request.headers.range, totalBytes);
    if (range === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${totalBytes}`);
      send(response, 416, 'text/plain', Buffer.alloc(0));
      return;
    }
    const { from, to } = range ?? { from: 0, to: totalBytes };
    response.statusCode = range === undefined ? 200 : 206;
    if (range !== undefined) {
      response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${totalBytes}`);
    }
    response.setHeader('Content-Type', 'video/mp4');
    response.setHeader('Content-Length', to - from);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await pipeline(
      Readable.from(readPieces(file, pieces, from, to), { highWaterMark: 2 }),
      response,
    ).catch((error: unknown) => {
      // A reader that goes away in the middle is no fault of ours.
      if (!response.destroyed) throw error;
    });
  }
}

/** What a URL asks for; throws NOT_FOUND or REQUEST_INVALID. */
export function parseRoute(url: string): Route {
  const parsed = URL.canParse(url, 'http://node') ? new URL(url, 'http://node') : undefined;
  const match = /^\/footage\/([1-9]\d{0,9})\/(?:(\d{10,16})\.mp4|(open)|(stills))$/.exec(
    parsed?.pathname ?? '',
  );
  if (parsed === undefined || match === null) throw new Fault('NOT_FOUND', 'No such footage path');
  const cameraId = Number(match[1]);
  if (match[2] !== undefined) {
    const videoOnly = parsed.searchParams.get('media') === 'video';
    return { kind: 'segment', cameraId, startUs: Number(match[2]), videoOnly };
  }
  if (match[3] !== undefined) return { kind: 'open', cameraId };
  const at = parsed.searchParams.get('atUs') ?? '';
  if (!/^\d{10,16}$/.test(at)) throw new Fault('REQUEST_INVALID', 'atUs must be microseconds');
  return { kind: 'still', cameraId, atUs: Number(at) };
}

/** Opens a segment for reading; throws FOOTAGE_UNKNOWN when it is not there. */
export async function openSegmentFile(
  root: string,
  cameraId: CameraId,
  startUs: number,
): Promise<FileHandle> {
  try {
    return await open(join(root, segmentPath(cameraId, startUs)), 'r');
  } catch (error) {
    throw new Fault('FOOTAGE_UNKNOWN', `Camera ${cameraId} has no segment ${startUs} here`, {
      cause: error,
      details: { cameraId, startUs },
    });
  }
}

async function videoPieces(file: FileHandle, sizeBytes: number): Promise<FilePiece[]> {
  const scan = await scanRecording(fileSource(file, sizeBytes));
  const initialisation = Buffer.allocUnsafe(scan.initialisationBytes);
  await file.read(initialisation, 0, initialisation.length, 0);
  return planVideoOnly(scan, initialisation);
}

function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', body.length);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
