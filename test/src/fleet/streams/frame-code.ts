/**
 * The machine-readable frame number along the top left edge of every simulated picture: 16 squares,
 * each 1/40 of the picture's width: white, black, twelve bits of the frame's index in its loop
 * (most significant first), an even parity bit, white.
 */
export const frameCodeSquares = 16;

const indexBits = 12;
const squaresAcrossPicture = 40;

/** The side of one square in a picture of this width, in pixels. */
export function frameCodeSide(pictureWidth: number): number {
  return pictureWidth / squaresAcrossPicture;
}

/** The squares of a frame's index (0 to 4095), `true` for white. */
export function frameCodeOf(frameIndex: number): boolean[] {
  const bits = Array.from(
    { length: indexBits },
    (_, position) => ((frameIndex >> (indexBits - 1 - position)) & 1) === 1,
  );
  const parity = bits.filter(Boolean).length % 2 === 1;
  return [true, false, ...bits, parity, true];
}

/**
 * The frame index burnt into a picture, read from its luma plane (rows of `width` bytes) at any
 * size with the original's aspect ratio. `null` when the squares are not a frame code: a damaged
 * or foreign picture.
 */
export function readFrameIndex(luma: Uint8Array, width: number): number | null {
  const side = frameCodeSide(width);
  const squares: boolean[] = [];
  for (let square = 0; square < frameCodeSquares; square += 1) {
    let sum = 0;
    let count = 0;
    for (let y = Math.floor(side * 0.3); y <= Math.floor(side * 0.7); y += 1) {
      for (
        let x = Math.floor((square + 0.3) * side);
        x <= Math.floor((square + 0.7) * side);
        x += 1
      ) {
        sum += luma[y * width + x] ?? 0;
        count += 1;
      }
    }
    squares.push(sum / count > 128);
  }
  const [white, black] = squares;
  if (white !== true || black !== false || squares[frameCodeSquares - 1] !== true) return null;
  const bits = squares.slice(2, 2 + indexBits);
  const parity = squares[2 + indexBits];
  if ((bits.filter(Boolean).length % 2 === 1) !== parity) return null;
  return bits.reduce((index, bit) => index * 2 + (bit ? 1 : 0), 0);
}
