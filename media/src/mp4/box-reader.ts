import { MediaError } from '../media-error.ts';

/** A box header (ISO/IEC 14496-12 §4.2) inside a buffer. */
export interface BoxSpan {
  readonly type: string;
  /** First byte after the header. */
  readonly bodyStart: number;
  readonly end: number;
}

/** The box at `start`; undefined when its header or body does not fit before `limit`. */
export function boxAt(bytes: Buffer, start: number, limit: number): BoxSpan | undefined {
  if (start + 8 > limit) return undefined;
  let size = bytes.readUInt32BE(start);
  let bodyStart = start + 8;
  if (size === 1) {
    if (start + 16 > limit) return undefined;
    size = Number(bytes.readBigUInt64BE(start + 8));
    bodyStart = start + 16;
  }
  if (size < bodyStart - start || start + size > limit) return undefined;
  return { type: bytes.toString('latin1', start + 4, start + 8), bodyStart, end: start + size };
}

/** The boxes between `start` and `end`, in order; throws MP4_INVALID unless they fill it exactly. */
export function children(bytes: Buffer, start: number, end: number): BoxSpan[] {
  const found: BoxSpan[] = [];
  let at = start;
  while (at < end) {
    const child = boxAt(bytes, at, end);
    if (child === undefined) throw new MediaError('MP4_INVALID', `Box at ${at} is cut short`);
    found.push(child);
    if (found.length > 10_000) throw new MediaError('MP4_INVALID', 'More than 10,000 boxes in one');
    at = child.end;
  }
  return found;
}

/** The first child of a type; throws MP4_INVALID when there is none. */
export function child(bytes: Buffer, parent: BoxSpan, type: string, skipBytes = 0): BoxSpan {
  const found = children(bytes, parent.bodyStart + skipBytes, parent.end).find(
    (box) => box.type === type,
  );
  if (found === undefined) throw new MediaError('MP4_INVALID', `No ${type} in ${parent.type}`);
  return found;
}
