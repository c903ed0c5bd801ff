import { createHash } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import sharp from 'sharp';
import { type GreyPicture, pictureHeightPx, pictureWidthPx } from './grey-picture.ts';

/** A picture of 4K at the best quality stays below this. */
export const maxJpegBytes = 4 * 1024 * 1024;
/** Cameras have up to 12 megapixels; a progressive JPEG costs the decoder 3 bytes for each. */
const maxPixels = 16_000_000;
const decodeTimeoutS = 5;

export interface DecodedPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly grey: GreyPicture;
  /** Equal for pictures whose samples are. */
  readonly hash: string;
}

// One picture a thread: there are always several cameras to look at, and no picture comes twice.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes a camera's JPEG straight to the small grey picture that is judged: the decoder leaves out
 * the detail that is not needed (ITU-T T.81 scaled decoding). Throws CAMERA_ANSWER_INVALID for what
 * is no whole JPEG or too small, CAMERA_ANSWER_TOO_LARGE above 4 MB or 16 megapixels.
 */
export async function decodePicture(jpeg: Uint8Array): Promise<DecodedPicture> {
  if (jpeg.length > maxJpegBytes) {
    throw new Fault('CAMERA_ANSWER_TOO_LARGE', "The camera's picture is larger than 4 MB");
  }
  // The start is checked before any decoder sees it: libvips would try every format that it knows.
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8 || jpeg[2] !== 0xff) {
    throw new Fault('CAMERA_ANSWER_INVALID', "The camera's picture is not a JPEG");
  }
  const size = readJpegSize(jpeg);
  if (size.widthPx * size.heightPx > maxPixels) {
    throw new Fault(
      'CAMERA_ANSWER_TOO_LARGE',
      `The camera's picture claims ${size.widthPx} × ${size.heightPx} pixels`,
    );
  }
  if (size.widthPx < 64 || size.heightPx < 48) {
    throw new Fault('CAMERA_ANSWER_INVALID', "The camera's picture is too small to be judged");
  }
  try {
    const { data } = await sharp(jpeg, {
      limitInputPixels: maxPixels,
      failOn: 'truncated',
      autoOrient: false,
      ignoreIcc: true,
    })
      .timeout({ seconds: decodeTimeoutS })
      .toColourspace('b-w')
      .resize(pictureWidthPx, pictureHeightPx, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (data.length !== pictureWidthPx * pictureHeightPx) {
      throw new Fault('CAMERA_ANSWER_INVALID', "The camera's picture has unusual channels");
    }
    return { ...size, grey: data, hash: createHash('sha1').update(data).digest('base64') };
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    // The decoder's words may quote what it read.
    throw new Fault('CAMERA_ANSWER_INVALID', "The camera's JPEG cannot be decoded", {
      cause: thrown,
    });
  }
}

/** Size from the frame header (T.81 §B.2.2), before anything is decoded. */
function readJpegSize(jpeg: Uint8Array): { widthPx: number; heightPx: number } {
  let at = 2;
  while (at + 9 < jpeg.length) {
    if (jpeg[at] !== 0xff) break;
    const marker = jpeg[at + 1] ?? 0;
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = ((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      return {
        heightPx: ((jpeg[at + 5] ?? 0) << 8) | (jpeg[at + 6] ?? 0),
        widthPx: ((jpeg[at + 7] ?? 0) << 8) | (jpeg[at + 8] ?? 0),
      };
    }
    if (marker === 0xda || marker === 0xd9 || length < 2) break;
    at += 2 + length;
  }
  throw new Fault('CAMERA_ANSWER_INVALID', "The camera's JPEG has no frame header");
}
