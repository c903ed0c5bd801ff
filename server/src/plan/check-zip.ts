import { inflateRawSync } from 'node:zlib';
import { Fault } from '@nigehban/domain/faults.ts';

/** A workbook of 29,000 rows has some 30 MB of XML in it. */
export const zipLimits = {
  entries: 500,
  unpackedBytes: 256 * 1024 * 1024,
} as const;

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const longestComment = 65_535;

/**
 * Unpacks every entry of a ZIP file (APPNOTE 4.3) and throws the result away: what it says of its
 * sizes is not believed. @throws Fault PLAN_FILE_INVALID when it is no plain ZIP file,
 * PLAN_FILE_TOO_LARGE when more comes out than a plan can be.
 */
export function checkZip(
  file: Buffer,
  limits: { readonly entries: number; readonly unpackedBytes: number } = zipLimits,
): void {
  const refuse = (message: string, cause?: unknown): never => {
    throw new Fault('PLAN_FILE_INVALID', message, { cause });
  };
  const tooLarge = (): never => {
    throw new Fault('PLAN_FILE_TOO_LARGE', 'The workbook unpacks to more than a plan can be');
  };
  try {
    const end = findEnd(file);
    if (end === -1) refuse('The file is no workbook');
    const entries = file.readUInt16LE(end + 10);
    if (entries > limits.entries) tooLarge();
    let at = file.readUInt32LE(end + 16);
    let leftBytes = limits.unpackedBytes;
    for (let entry = 0; entry < entries; entry++) {
      if (file.readUInt32LE(at) !== entrySignature)
        refuse('The directory of the workbook is broken');
      const encrypted = (file.readUInt16LE(at + 8) & 1) === 1;
      if (encrypted) refuse('The workbook is protected by a password');
      const method = file.readUInt16LE(at + 10);
      const packedBytes = file.readUInt32LE(at + 20);
      const local = file.readUInt32LE(at + 42);
      if (file.readUInt32LE(local) !== localSignature) refuse('An entry of the workbook is broken');
      const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
      const packed = file.subarray(start, start + packedBytes);
      if (packed.length < packedBytes) refuse('The workbook is cut off');
      if (method === 0) leftBytes -= packed.length;
      else if (method === 8) leftBytes -= unpackedBytes(packed, leftBytes, tooLarge);
      else refuse('An entry of the workbook is packed in an unknown way');
      if (leftBytes < 0) tooLarge();
      at +=
        46 + file.readUInt16LE(at + 28) + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    refuse('The workbook is broken', error);
  }
}

function findEnd(file: Buffer): number {
  const last = file.length - endBytes;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (file.readUInt32LE(at) === endSignature) return at;
  }
  return -1;
}

function unpackedBytes(packed: Buffer, limitBytes: number, tooLarge: () => never): number {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, limitBytes) }).length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      return tooLarge();
    }
    throw error;
  }
}
