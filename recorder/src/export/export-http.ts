import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type FootageSpan, parseSpans } from '@nigehban/domain/identity-doubt.ts';
import { sendJson, sendPieces } from '../send-bytes.ts';
import type { ExportDesk } from './export-desk.ts';

export type ExportRoute =
  | { readonly kind: 'export'; readonly exportId: string }
  | { readonly kind: 'camera'; readonly exportId: string; readonly cameraId: CameraId }
  | {
      readonly kind: 'file';
      readonly exportId: string;
      readonly cameraId: CameraId;
      readonly part: number;
    };

const pathPattern =
  /^\/exports\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/([1-9]\d{0,9})(?:\/([1-9]\d{0,3})\.mp4)?)?$/;
const longestBodyBytes = 16_384;

/** What a URL asks of the exports; undefined when it is none of their paths. */
export function parseExportRoute(pathname: string): ExportRoute | undefined {
  const match = pathPattern.exec(pathname);
  if (match === null) return undefined;
  const [, exportId = '', camera, part] = match;
  if (camera === undefined) return { kind: 'export', exportId };
  const cameraId = Number(camera);
  if (part === undefined) return { kind: 'camera', exportId, cameraId };
  return { kind: 'file', exportId, cameraId, part: Number(part) };
}

/**
 * - `POST /exports/<id>/<camera>` `{fromUs, toUs, without?: 'from-to,…'}`: starts it if need be; JSON `NodeExportState`.
 * - `GET /exports/<id>/<camera>`: the manifest. - `GET /exports/<id>/<camera>/<part>.mp4`: Range.
 * - `DELETE /exports/<id>`: ends the work and removes what it made.
 */
export async function answerExport(
  desk: ExportDesk,
  route: ExportRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method } = request;
  if (route.kind === 'export' && method === 'DELETE') {
    await desk.remove(route.exportId);
    return sendJson(response, 200, { removed: true });
  }
  if (route.kind === 'camera' && method === 'POST') {
    const { exportId, cameraId } = route;
    return sendJson(
      response,
      200,
      await desk.want({ exportId, cameraId, ...(await readRange(request)) }),
    );
  }
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead || route.kind === 'export') {
    throw new Fault('REQUEST_INVALID', `Method ${method} is not served here`);
  }
  const manifest = await desk.manifest(route.exportId, route.cameraId);
  if (manifest === undefined) throw new Fault('EXPORT_UNKNOWN', 'No such export is here');
  if (route.kind === 'camera') return sendJson(response, 200, manifest);
  const file = manifest.files.find((one) => one.part === route.part);
  if (file === undefined) throw new Fault('EXPORT_UNKNOWN', 'The export has no such part');
  const path = join(desk.pathOf(route.exportId, route.cameraId), `${route.part}.mp4`);
  await using handle = await open(path, 'r').catch((cause: unknown) => {
    throw new Fault('EXPORT_EXPIRED', 'The film of this export is gone', { cause });
  });
  const pieces = [{ kind: 'disk' as const, start: 0, end: file.sizeBytes }];
  await sendPieces(request, response, handle, pieces, `"${file.sha256}"`);
}

async function readRange(
  request: IncomingMessage,
): Promise<{ fromUs: number; toUs: number; without: readonly FootageSpan[] }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    parts.push(part);
    bytes += part.length;
    if (bytes > longestBodyBytes) throw new Fault('REQUEST_INVALID', 'The body is too large');
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (cause) {
    throw new Fault('REQUEST_INVALID', 'The body is no JSON', { cause });
  }
  const { fromUs, toUs, without = '' } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(fromUs) || !Number.isSafeInteger(toUs)) {
    throw new Fault('REQUEST_INVALID', 'fromUs and toUs must be microseconds');
  }
  const spans = typeof without === 'string' ? parseSpans(without) : null;
  if (spans === null) throw new Fault('REQUEST_INVALID', 'without must be spans in microseconds');
  return { fromUs: Number(fromUs), toUs: Number(toUs), without: spans };
}
