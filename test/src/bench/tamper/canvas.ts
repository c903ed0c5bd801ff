/** A surface: its colour by day, and how much infrared it throws back at night. */
export interface Surface {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly infrared: number;
}

export function surface(red: number, green: number, blue: number, infrared?: number): Surface {
  return { red, green, blue, infrared: infrared ?? 0.3 * red + 0.59 * green + 0.11 * blue };
}

/** A small deterministic generator (mulberry32), 0 to 1. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/**
 * Surfaces to paint on, one 32-bit word a sample: red, green, blue, infrared. Places are in shares
 * of width and height; what lies outside is cut off.
 */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly words: Uint32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height);
  }

  box(x: number, y: number, width: number, height: number, fill: Surface): void {
    this.quad([x, x + width, y], [x, x + width, y + height], fill);
  }

  /** A shape between two level edges, each `[left, right, y]`. */
  quad(
    top: readonly [number, number, number],
    bottom: readonly [number, number, number],
    fill: Surface,
  ): void {
    const first = Math.round(top[2] * this.height);
    const last = Math.max(first + 1, Math.round(bottom[2] * this.height));
    for (let row = Math.max(0, first); row < Math.min(this.height, last); row += 1) {
      const share = (row - first) / (last - first);
      const left = top[0] + (bottom[0] - top[0]) * share;
      const right = top[1] + (bottom[1] - top[1]) * share;
      this.#span(row, left * this.width, right * this.width, fill);
    }
  }

  /** An ellipse; the radius is a share of the height, times `stretch` across. */
  disc(x: number, y: number, radius: number, fill: Surface, stretch = 1): void {
    const high = Math.max(1, radius * this.height);
    const middle = y * this.height;
    for (let row = Math.max(0, Math.floor(middle - high)); row < this.height; row += 1) {
      const share = (row - middle) / high;
      if (share > 1) break;
      const half = high * stretch * Math.sqrt(Math.max(0, 1 - share * share));
      this.#span(row, x * this.width - half, x * this.width + half, fill);
    }
  }

  /** A band over the full width from one surface to another. */
  gradient(y: number, height: number, from: Surface, to: Surface): void {
    const first = Math.round(y * this.height);
    const last = Math.round((y + height) * this.height);
    for (let row = Math.max(0, first); row < Math.min(this.height, last); row += 1) {
      const share = (row - first) / Math.max(1, last - first);
      const mix = (a: number, b: number): number => a + (b - a) * share;
      this.#span(row, 0, this.width, {
        red: mix(from.red, to.red),
        green: mix(from.green, to.green),
        blue: mix(from.blue, to.blue),
        infrared: mix(from.infrared, to.infrared),
      });
    }
  }

  /** Roughness: no surface is even. `amount` is a share of its lightness. */
  roughen(random: Random, amount: number): void {
    const side = 64;
    const coarse = Float32Array.from({ length: side * side }, () => random() - 0.5);
    const fine = Float32Array.from({ length: 4_099 }, () => random() - 0.5);
    for (let row = 0; row < this.height; row += 1) {
      for (let column = 0; column < this.width; column += 1) {
        const at = row * this.width + column;
        const patch = coarse[((row >> 4) % side) * side + ((column >> 4) % side)] ?? 0;
        const gain = 1 + amount * (patch + 0.7 * (fine[at % 4_099] ?? 0));
        const word = this.words[at] ?? 0;
        this.words[at] = scaled(word, gain);
      }
    }
  }

  #span(row: number, from: number, to: number, fill: Surface): void {
    const left = Math.max(0, Math.round(from));
    const right = Math.min(this.width, Math.round(to));
    if (right <= left) return;
    this.words.fill(pack(fill), row * this.width + left, row * this.width + right);
  }
}

function pack({ red, green, blue, infrared }: Surface): number {
  const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
  return ((byte(red) << 24) | (byte(green) << 16) | (byte(blue) << 8) | byte(infrared)) >>> 0;
}

function scaled(word: number, gain: number): number {
  const byte = (shift: number): number => Math.min(255, ((word >>> shift) & 255) * gain);
  return ((byte(24) << 24) | (byte(16) << 16) | (byte(8) << 8) | byte(0)) >>> 0;
}
