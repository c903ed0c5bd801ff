import type { FileHandle } from 'node:fs/promises';

/** Random access to bytes: a file or memory. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Reads up to `length` bytes at `position` into `target` from its start; gives how many. */
  read(target: Buffer, length: number, position: number): Promise<number>;
}

export function memorySource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (target, length, position) =>
      bytes.copy(target, 0, position, Math.min(bytes.length, position + length)),
  };
}

/** The first `sizeBytes` of an open file. */
export function fileSource(file: FileHandle, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    async read(target, length, position) {
      const wanted = Math.min(length, Math.max(0, sizeBytes - position));
      if (wanted === 0) return 0;
      return (await file.read(target, 0, wanted, position)).bytesRead;
    },
  };
}
