import sharp from 'sharp';

/**
 * The usual way, as the peer of the cheap one: the picture is decoded at its full size and compared
 * with the reference by structural similarity (SSIM, windows of 8 × 8). Gives the mean index.
 */
export async function compareFully(jpeg: Buffer, reference: Uint8Array): Promise<number> {
  const { data, info } = await sharp(jpeg)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return structuralSimilarity(data, reference, info.width, info.height);
}

export async function decodeFully(jpeg: Buffer): Promise<Uint8Array> {
  return sharp(jpeg).toColourspace('b-w').raw().toBuffer();
}

const windowPx = 8;
const steadyMean = (0.01 * 255) ** 2;
const steadyContrast = (0.03 * 255) ** 2;

function structuralSimilarity(
  one: Uint8Array,
  other: Uint8Array,
  width: number,
  height: number,
): number {
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + windowPx <= height; top += windowPx / 2) {
    for (let left = 0; left + windowPx <= width; left += windowPx / 2) {
      sum += similarityAt(one, other, top * width + left, width);
      windows += 1;
    }
  }
  return sum / windows;
}

function similarityAt(one: Uint8Array, other: Uint8Array, from: number, width: number): number {
  let sumOne = 0;
  let sumOther = 0;
  let squares = 0;
  let squaresOther = 0;
  let products = 0;
  for (let row = 0; row < windowPx; row += 1) {
    for (let column = 0; column < windowPx; column += 1) {
      const a = one[from + row * width + column] ?? 0;
      const b = other[from + row * width + column] ?? 0;
      sumOne += a;
      sumOther += b;
      squares += a * a;
      squaresOther += b * b;
      products += a * b;
    }
  }
  const samples = windowPx * windowPx;
  const meanOne = sumOne / samples;
  const meanOther = sumOther / samples;
  const variance = squares / samples - meanOne * meanOne;
  const varianceOther = squaresOther / samples - meanOther * meanOther;
  const covariance = products / samples - meanOne * meanOther;
  return (
    ((2 * meanOne * meanOther + steadyMean) * (2 * covariance + steadyContrast)) /
    ((meanOne ** 2 + meanOther ** 2 + steadyMean) * (variance + varianceOther + steadyContrast))
  );
}
