import { MAX_UNREAD_BYTES } from './rtsp-reader.ts';

const DEFAULT_READ_BYTES = 65_536;
const MIN_READ_BYTES = 4096;

/**
 * The one read buffer of a process. Sockets fill `readView`; what a connection carries over from
 * its last read is put directly in front of it, so that every packet lies contiguous in `buffer`.
 */
export interface ReadArena {
  readonly buffer: Buffer;
  /** Where `readView` begins in `buffer`; at least {@link MAX_UNREAD_BYTES}. */
  readonly readOffset: number;
  readonly readView: Buffer;
}

/**
 * A read arena, in memory of its own or at the front of `memory` (a part of a larger slab, so that
 * sinks can move payloads by copyWithin). Throws RangeError when `memory` is too small.
 */
export function createReadArena(memory?: Buffer, readBytes = DEFAULT_READ_BYTES): ReadArena {
  const buffer = memory ?? Buffer.allocUnsafeSlow(MAX_UNREAD_BYTES + readBytes);
  if (buffer.length < MAX_UNREAD_BYTES + MIN_READ_BYTES) {
    throw new RangeError(`a read arena needs ${MAX_UNREAD_BYTES + MIN_READ_BYTES} bytes at least`);
  }
  return {
    buffer,
    readOffset: MAX_UNREAD_BYTES,
    readView: buffer.subarray(MAX_UNREAD_BYTES, MAX_UNREAD_BYTES + readBytes),
  };
}
