/** A colour as studio-range luma and chroma (ITU-R BT.601). */
export interface Colour {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** The colour of 8-bit red, green and blue. */
export function colour(red: number, green: number, blue: number): Colour {
  return {
    y: Math.round(16 + 0.257 * red + 0.504 * green + 0.098 * blue),
    u: Math.round(128 - 0.148 * red - 0.291 * green + 0.439 * blue),
    v: Math.round(128 + 0.439 * red - 0.368 * green - 0.071 * blue),
  };
}

/**
 * A yuv420p picture to paint on. Places and sizes are in shares of the picture's width and height
 * (0 to 1), so that a scene is the same at every size.
 */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
  readonly #chromaOffset: number;
  readonly #chromaWidth: number;
  readonly #chromaSize: number;

  constructor(width: number, height: number) {
    if (width % 2 !== 0 || height % 2 !== 0) throw new RangeError('picture sizes are even');
    this.width = width;
    this.height = height;
    this.#chromaOffset = width * height;
    this.#chromaWidth = width / 2;
    this.#chromaSize = (width / 2) * (height / 2);
    this.bytes = Buffer.alloc(width * height + 2 * this.#chromaSize, 128);
  }

  /** The luma plane. */
  get luma(): Buffer {
    return this.bytes.subarray(0, this.#chromaOffset);
  }

  #span(row: number, from: number, to: number, fill: Colour): void {
    const left = Math.max(0, Math.round(from));
    const right = Math.min(this.width, Math.round(to));
    if (row < 0 || row >= this.height || right <= left) return;
    this.bytes.fill(fill.y, row * this.width + left, row * this.width + right);
    if (row % 2 !== 0) return;
    const start = this.#chromaOffset + (row / 2) * this.#chromaWidth;
    this.bytes.fill(fill.u, start + (left >> 1), start + ((right + 1) >> 1));
    this.bytes.fill(
      fill.v,
      start + this.#chromaSize + (left >> 1),
      start + this.#chromaSize + ((right + 1) >> 1),
    );
  }

  /** A rectangle. */
  box(x: number, y: number, width: number, height: number, fill: Colour): void {
    this.quad([x, x + width, y], [x, x + width, y + height], fill);
  }

  /** A trapezoid between two level edges, each `[left, right, y]`. */
  quad(
    top: readonly [number, number, number],
    bottom: readonly [number, number, number],
    fill: Colour,
  ): void {
    const firstRow = Math.round(top[2] * this.height);
    const lastRow = Math.round(bottom[2] * this.height);
    for (let row = firstRow; row < lastRow; row += 1) {
      const share = (row - firstRow) / Math.max(1, lastRow - firstRow);
      const left = top[0] + (bottom[0] - top[0]) * share;
      const right = top[1] + (bottom[1] - top[1]) * share;
      this.#span(row, left * this.width, right * this.width, fill);
    }
  }

  /** A band over the full width whose colour goes from one to another. */
  gradient(y: number, height: number, from: Colour, to: Colour): void {
    const firstRow = Math.round(y * this.height);
    const lastRow = Math.round((y + height) * this.height);
    for (let row = firstRow; row < lastRow; row += 1) {
      const share = (row - firstRow) / Math.max(1, lastRow - firstRow);
      this.#span(row, 0, this.width, {
        y: Math.round(from.y + (to.y - from.y) * share),
        u: Math.round(from.u + (to.u - from.u) * share),
        v: Math.round(from.v + (to.v - from.v) * share),
      });
    }
  }

  /** An ellipse; `radius` is in shares of the height in both directions times `stretch` in x. */
  disc(x: number, y: number, radius: number, fill: Colour, stretch = 1): void {
    const radiusY = radius * this.height;
    const radiusX = radiusY * stretch;
    const centreX = x * this.width;
    const centreY = y * this.height;
    for (let row = Math.floor(centreY - radiusY); row <= centreY + radiusY; row += 1) {
      const share = (row - centreY) / radiusY;
      const half = radiusX * Math.sqrt(Math.max(0, 1 - share * share));
      this.#span(row, centreX - half, centreX + half, fill);
    }
  }
}
