import { MediaError } from '../media-error.ts';
import { rtpPayloadOffset } from '../rtp/rtp-packet.ts';

/**
 * The fault of a Motion JPEG stream whose packet says that its pictures are above 2,040 pixels: their
 * size cannot be told in RTP (RFC 2435 §3.1.5, zero for width or height), so that they are received
 * and never seen. Undefined for all others.
 */
export function unsizedJpegFault(
  buffer: Buffer,
  offset: number,
  length: number,
): MediaError | undefined {
  const start = rtpPayloadOffset(buffer, offset, length);
  if (start < 0 || offset + length - start < 8) return undefined;
  if (buffer[start + 6] !== 0 && buffer[start + 7] !== 0) return undefined;
  return new MediaError(
    'CODEC_UNSUPPORTED',
    'Motion JPEG above 2,040 pixels does not tell its size over RTP (RFC 2435)',
  );
}
