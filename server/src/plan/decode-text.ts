import { Fault } from '@nigehban/domain/faults.ts';

/**
 * A file's bytes as text: UTF-8, or UTF-16 by its byte-order mark or by the zeros that Latin text has
 * in it. @throws Fault PLAN_FILE_INVALID for any other encoding.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = findEncoding(bytes);
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (text.includes('\0')) throw new Error('zero characters');
    return text;
  } catch (cause) {
    throw new Fault('PLAN_FILE_INVALID', 'The file is no text in UTF-8 or UTF-16', { cause });
  }
}

function findEncoding(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, 512);
  const zeros = [0, 0];
  head.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 8 && odd > even) return 'utf-16le';
  if (even > head.length / 8) return 'utf-16be';
  return 'utf-8';
}
