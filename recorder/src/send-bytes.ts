import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseByteRange } from './byte-range.ts';
import { type FilePiece, piecesBytes, readPieces } from './virtual-file.ts';

/**
 * Answers with the pieces of a file: whole, the asked range, or 416. `etag` undefined: what grows has
 * no validator, because each answer is of another length.
 */
export async function sendPieces(
  request: IncomingMessage,
  response: ServerResponse,
  file: FileHandle,
  pieces: readonly FilePiece[],
  etag: string | undefined,
): Promise<void> {
  const totalBytes = piecesBytes(pieces);
  response.setHeader('Accept-Ranges', 'bytes');
  if (etag !== undefined) response.setHeader('ETag', etag);
  const ifRange = request.headers['if-range'];
  const wholeWanted = ifRange !== undefined && ifRange !== etag;
  const range = wholeWanted ? undefined : parseByteRange(request.headers.range, totalBytes);
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${totalBytes}`);
    sendBytes(response, 416, 'text/plain', Buffer.alloc(0));
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
  await pipeToReader(readPieces(file, pieces, from, to), response);
}

/** Sends what is generated as it is taken; a reader that goes away in the middle is no fault. */
export async function pipeToReader(
  bytes: AsyncIterable<Buffer>,
  response: ServerResponse,
): Promise<void> {
  await pipeline(Readable.from(bytes, { highWaterMark: 2 }), response).catch((error: unknown) => {
    if (!response.destroyed) throw error;
  });
}

export function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  body: Buffer,
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', body.length);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendBytes(response, status, 'application/json', Buffer.from(JSON.stringify(value)));
}
