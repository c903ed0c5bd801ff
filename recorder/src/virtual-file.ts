import type { FileHandle } from 'node:fs/promises';
import type { RecordingScan } from '@nigehban/media/mp4/recording-scan.ts';

/** A piece of a served file: bytes in memory, or a range of the file on disk. */
export type FilePiece =
  | { readonly kind: 'memory'; readonly bytes: Buffer }
  | { readonly kind: 'disk'; readonly start: number; readonly end: number };

/**
 * The file without its audio, as pieces: browsers play no G.711 in MP4 and refuse the whole file for
 * it. Each fragment holds one track, so leaving tracks out is leaving boxes out.
 * `initialisation` are the file's first bytes up to the first fragment.
 */
export function planVideoOnly(scan: RecordingScan, initialisation: Buffer): FilePiece[] {
  const video = scan.tracks.find((track) => track.kind === 'video');
  const others = scan.tracks.filter((track) => track !== video);
  if (others.length === 0) return [{ kind: 'disk', start: 0, end: scan.wholeBytes }];
  const pieces: FilePiece[] = [
    { kind: 'memory', bytes: withoutTracks(initialisation, others, video?.id ?? 1) },
  ];
  for (const fragment of scan.fragments) {
    if (fragment.trackId !== video?.id) continue;
    const last = pieces.at(-1);
    if (last?.kind === 'disk' && last.end === fragment.startOffset) {
      pieces[pieces.length - 1] = { ...last, end: fragment.endOffset };
    } else {
      pieces.push({ kind: 'disk', start: fragment.startOffset, end: fragment.endOffset });
    }
  }
  return pieces;
}

export function piecesBytes(pieces: readonly FilePiece[]): number {
  return pieces.reduce((sum, piece) => sum + pieceBytes(piece), 0);
}

/** The bytes `[from, to)` of the pieces, a bounded chunk at a time. */
export async function* readPieces(
  file: FileHandle,
  pieces: readonly FilePiece[],
  from: number,
  to: number,
  chunkBytes = 256 << 10,
): AsyncGenerator<Buffer> {
  let pieceStart = 0;
  for (const piece of pieces) {
    const pieceEnd = pieceStart + pieceBytes(piece);
    let at = Math.max(from, pieceStart);
    const end = Math.min(to, pieceEnd);
    while (at < end) {
      if (piece.kind === 'memory') {
        yield piece.bytes.subarray(at - pieceStart, end - pieceStart);
        at = end;
        continue;
      }
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
      const position = piece.start + at - pieceStart;
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) throw new Error('The file became shorter while it was read');
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
    pieceStart = pieceEnd;
  }
}

function pieceBytes(piece: FilePiece): number {
  return piece.kind === 'memory' ? piece.bytes.length : piece.end - piece.start;
}

/** The initialisation with only the kept track's `trak` and `trex`: others become `free` boxes. */
function withoutTracks(
  initialisation: Buffer,
  others: RecordingScan['tracks'],
  keptId: number,
): Buffer {
  const bytes = Buffer.from(initialisation);
  for (const track of others) bytes.write('free', track.span[0] + 4, 'latin1');
  for (let at = bytes.indexOf('trex'); at >= 0; at = bytes.indexOf('trex', at + 4)) {
    if (bytes.readUInt32BE(at + 8) !== keptId) bytes.write('free', at, 'latin1');
  }
  return bytes;
}
