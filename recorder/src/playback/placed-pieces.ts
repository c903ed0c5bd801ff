import type { FileHandle } from 'node:fs/promises';
import { Fault } from '@nigehban/domain/faults.ts';
import { boxAt, child } from '@nigehban/media/mp4/box-reader.ts';
import type { ScannedFragment } from '@nigehban/media/mp4/recording-scan.ts';
import type { FilePiece } from '../virtual-file.ts';
import type { PlaceFragment } from './media-time.ts';

/** `prft` and `moof` of a fragment: 256 samples of 16 bytes and the boxes around them. */
const longestHeadBytes = 8 << 10;

/**
 * The fragments with their times moved, as pieces of the same lengths: `prft` and `moof` in memory,
 * the samples from disk. @throws Fault FOOTAGE_UNKNOWN when the file is not as it was scanned
 */
export async function planPlacedPieces(
  file: FileHandle,
  fragments: readonly ScannedFragment[],
  place: PlaceFragment,
): Promise<FilePiece[]> {
  const pieces: FilePiece[] = [];
  for (const fragment of fragments) {
    const { startOffset, endOffset } = fragment;
    const head = Buffer.alloc(Math.min(longestHeadBytes, endOffset - startOffset));
    const { bytesRead } = await file.read(head, 0, head.length, startOffset);
    const headBytes = moveFragment(head.subarray(0, bytesRead), place(fragment));
    if (headBytes === undefined) {
      throw new Fault('FOOTAGE_UNKNOWN', 'A fragment changed while it was read');
    }
    pieces.push(
      { kind: 'memory', bytes: head.subarray(0, headBytes) },
      { kind: 'disk', start: startOffset + headBytes, end: endOffset },
    );
  }
  return pieces;
}

/**
 * Writes new times into a fragment's `[prft] moof` in place (`tfdt` of version 1 as our writer makes
 * it); gives the bytes up to the end of `moof`, undefined when these are no such boxes.
 */
export function moveFragment(
  head: Buffer,
  to: { readonly decodeTicks: number; readonly sequence: number },
): number | undefined {
  let at = 0;
  for (let boxes = 0; boxes < 3; boxes++) {
    const box = boxAt(head, at, head.length);
    if (box === undefined) return undefined;
    if (box.type === 'prft' && head[box.bodyStart] === 1 && box.end - box.bodyStart >= 24) {
      head.writeBigUInt64BE(BigInt(to.decodeTicks), box.bodyStart + 16);
    }
    if (box.type === 'moof') {
      const tfdt = child(head, child(head, box, 'traf'), 'tfdt').bodyStart;
      if (head[tfdt] !== 1) return undefined;
      head.writeUInt32BE(to.sequence, child(head, box, 'mfhd').bodyStart + 4);
      head.writeBigUInt64BE(BigInt(to.decodeTicks), tfdt + 4);
      return box.end;
    }
    at = box.end;
  }
  return undefined;
}
