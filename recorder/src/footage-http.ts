import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, faultCatalogue, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { FootageSpan } from '@nigehban/domain/identity-doubt.ts';
import { fileSource } from '@nigehban/media/mp4/byte-source.ts';
import { scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import { describePublicKey } from './chain/manifest-signature.ts';
import type { ExportDesk } from './export/export-desk.ts';
import { answerExport, parseExportRoute } from './export/export-http.ts';
import type { FootageRoots } from './footage-layout.ts';
import { openSegmentFile } from './open-segment-file.ts';
import {
  PlaybackHandler,
  type PlaybackOptions,
  parsePlaybackRoute,
  readWithout,
} from './playback/playback-http.ts';
import type { OpenSegmentSource } from './recorder-types.ts';
import { sendBytes, sendJson, sendPieces } from './send-bytes.ts';
import type { StillMaker } from './still-maker.ts';
import { type FilePiece, piecesBytes, planVideoOnly } from './virtual-file.ts';

export interface FootageHandlerOptions {
  /** The footage root, or that of each volume. */
  readonly root: FootageRoots;
  /** What the server authenticates with: `Authorization: Bearer <key>`. */
  readonly clusterKey: string;
  /** The recorder's view of what is being written. */
  readonly recorder: OpenSegmentSource;
  readonly stills: StillMaker;
  /** The node's Ed25519 key that manifests and removals are checked with. */
  readonly publicKey?: KeyObject;
  /** Makes exports; without it none are served. */
  readonly exports?: ExportDesk;
  /** Makes H.264 of streams that ask for it; without it they are refused. */
  readonly transcode?: PlaybackOptions['transcode'];
}

export type FootageHandler = (request: IncomingMessage, response: ServerResponse) => void;

type Route =
  | { kind: 'segment'; cameraId: CameraId; startUs: number; videoOnly: boolean }
  | { kind: 'open'; cameraId: CameraId }
  | { kind: 'still'; cameraId: CameraId; atUs: number; without: readonly FootageSpan[] };

/**
 * Serves footage to the server over the media node's internal port:
 * - `GET /footage/<camera>/<startUs>.mp4[?media=video]`: a segment, byte ranges, the open one up to its
 *   last whole fragment; `media=video` leaves the audio out.
 * - `GET /footage/<camera>/open`: JSON `{ segment: OpenSegment | null }`.
 * - `GET /footage/<camera>/stills?atUs=`: JPEG of the key frame at or before a time.
 * - `GET /footage/<camera>/stream.mp4?fromUs=&toUs=[&media=video][&codec=h264]`: one continuous stream.
 * - `GET /footage/<camera>/outline?fromUs=&toUs=`: JSON `FootageOutlines`, what a playlist is made of.
 * - `GET /footage/<camera>/hls/<startUs>/init.mp4`, `…/media.m4s?atUs=&bytes=`: a playlist's pieces.
 * - `GET /public-key`: JSON `NodePublicKey`.
 * - `/exports/…`: see {@link answerExport}.
 *
 * Stills, streams and outlines take `without=<fromUs>-<toUs>,…`: pieces that begin there are withheld.
 * Paths on disk are made of numbers and export ids alone. Faults are JSON {@link toFaultMessage}.
 */
export function createFootageHandler(options: FootageHandlerOptions): FootageHandler {
  const expected = digest(`Bearer ${options.clusterKey}`);
  const playback = new PlaybackHandler(options);
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const message = toFaultMessage(error);
      const { status } = faultCatalogue[message.code];
      sendJson(response, status, { fault: message });
    });
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Digests have one length whatever was sent, as the comparison needs.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      throw new Fault('LINK_REFUSED', 'The footage port needs the cluster key');
    }
    const url = request.url ?? '';
    const parsed = URL.canParse(url, 'http://node') ? new URL(url, 'http://node') : undefined;
    const exported = parsed === undefined ? undefined : parseExportRoute(parsed.pathname);
    if (exported !== undefined && options.exports !== undefined) {
      await answerExport(options.exports, exported, request, response);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Fault('REQUEST_INVALID', `Method ${request.method} is not served here`);
    }
    if (parsed?.pathname === '/public-key' && options.publicKey !== undefined) {
      sendJson(response, 200, describePublicKey(options.publicKey));
      return;
    }
    const played = parsed === undefined ? undefined : parsePlaybackRoute(parsed);
    if (played !== undefined) {
      await playback.answer(played, request, response);
      return;
    }
    const route = parseRoute(url);
    if (route.kind === 'open') {
      const segment = (await options.recorder.openSegment(route.cameraId)) ?? null;
      sendJson(response, 200, { segment });
    } else if (route.kind === 'still') {
      const { cameraId, without } = route;
      const { jpeg, atUs } = await options.stills.still(cameraId, route.atUs, without);
      response.setHeader('X-Picture-Time-Us', String(atUs));
      sendBytes(response, 200, 'image/jpeg', jpeg);
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
    response.setHeader(
      'Cache-Control',
      growing === undefined ? 'private, max-age=3600' : 'no-store',
    );
    response.setHeader('X-Footage-Open', growing === undefined ? '0' : '1');
    const etag = growing === undefined ? `"${startUs}-${piecesBytes(pieces)}"` : undefined;
    await sendPieces(request, response, file, pieces, etag);
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
  return { kind: 'still', cameraId, atUs: Number(at), without: readWithout(parsed) };
}

async function videoPieces(file: FileHandle, sizeBytes: number): Promise<FilePiece[]> {
  const scan = await scanRecording(fileSource(file, sizeBytes));
  const initialisation = Buffer.allocUnsafe(scan.initialisationBytes);
  await file.read(initialisation, 0, initialisation.length, 0);
  return planVideoOnly(scan, initialisation);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
