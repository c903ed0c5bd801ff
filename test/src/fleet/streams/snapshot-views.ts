import sharp from 'sharp';

/** What a snapshot can show: the view as it was made, or one of the ways to spoil it. */
export const snapshotViews = ['well', 'covered', 'moved', 'blurred', 'dark', 'night'] as const;
export type SnapshotView = (typeof snapshotViews)[number];

/** Different pictures of one view: a sensor never gives the same bytes twice. */
const variants = 6;

interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * The snapshots of cameras that share a picture: each view is painted when first asked for, in
 * several variants with the noise of a sensor, and kept.
 */
export class SnapshotViews {
  readonly #jpeg: Buffer;
  readonly #made = new Map<string, Promise<Buffer>>();

  constructor(jpeg: Buffer) {
    this.#jpeg = jpeg;
  }

  /**
   * The `count`th JPEG of a camera's view; always the same one when frozen. In turn, not by chance:
   * one that came twice would look like a frozen sensor.
   */
  take(view: SnapshotView, isFrozen: boolean, count: number): Promise<Buffer> {
    const variant = isFrozen ? 0 : count % variants;
    const key = `${view} ${variant}`;
    const made = this.#made.get(key) ?? this.#paint(view, variant);
    this.#made.set(key, made);
    return made;
  }

  async #paint(view: SnapshotView, variant: number): Promise<Buffer> {
    const { data, info } = await sharp(this.#jpeg)
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const raw = { raw: { width, height, channels: 3 as const } };
    const spoilt = await spoil(view, { data, width, height });
    const noisy = addNoise(spoilt, view === 'dark' || view === 'night' ? 5 : 3, variant);
    return await sharp(noisy, raw).jpeg({ quality: 82 }).toBuffer();
  }
}

async function spoil(view: SnapshotView, { data, width, height }: Pixels): Promise<Buffer> {
  const picture = () => sharp(data, { raw: { width, height, channels: 3 } });
  switch (view) {
    case 'well':
      return data;
    case 'covered':
      // A cloth before the lens: hardly any light, and a fold.
      return Buffer.from(
        data.map((_, index) => 34 + Math.floor((12 * (index % (width * 3))) / (width * 3))),
      );
    case 'moved': {
      // Turned by hand: a part of the old view at the side, the rest is wall.
      const partWidth = Math.floor(width * 0.35);
      const part = await picture()
        .extract({
          left: width - partWidth,
          top: 0,
          width: partWidth,
          height: Math.floor(height * 0.7),
        })
        .png()
        .toBuffer();
      return await sharp({ create: { width, height, channels: 3, background: '#9b9384' } })
        .composite([{ input: part, left: 0, top: Math.floor(height * 0.3) }])
        .removeAlpha()
        .raw()
        .toBuffer();
    }
    case 'blurred':
      return await picture()
        .blur(Math.max(4, width / 60))
        .raw()
        .toBuffer();
    case 'dark':
      return await picture().linear(0.06, 4).raw().toBuffer();
    case 'night':
      // Infrared: no colour, brighter in the middle, dim at the rim.
      return infrared({ data, width, height });
  }
}

function infrared({ data, width, height }: Pixels): Buffer {
  const out = Buffer.alloc(data.length);
  for (let index = 0; index < width * height; index += 1) {
    const at = index * 3;
    const grey = 0.3 * (data[at] ?? 0) + 0.59 * (data[at + 1] ?? 0) + 0.11 * (data[at + 2] ?? 0);
    const x = (index % width) / width - 0.5;
    const y = Math.floor(index / width) / height - 0.5;
    const light = Math.min(255, grey * (1.15 - 1.1 * (x * x + y * y)));
    out.fill(light, at, at + 3);
  }
  return out;
}

/** Adds the same amount to the three colours of a pixel, from a seeded generator (mulberry32). */
function addNoise(pixels: Buffer, amplitude: number, seed: number): Buffer {
  const out = Buffer.alloc(pixels.length);
  let state = 0x9e37_79b9 ^ (seed * 0x85eb_ca6b);
  for (let at = 0; at < pixels.length; at += 3) {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const noise = (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 - 0.5) * 2 * amplitude;
    for (let channel = 0; channel < 3; channel += 1) {
      out[at + channel] = Math.max(
        0,
        Math.min(255, Math.round((pixels[at + channel] ?? 0) + noise)),
      );
    }
  }
  return out;
}
