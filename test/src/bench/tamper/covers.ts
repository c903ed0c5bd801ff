import sharp from 'sharp';
import { seededRandom } from './canvas.ts';
import { type Cover, frameHeight, frameWidth, type Moment } from './moment.ts';

const raw = { width: frameWidth, height: frameHeight, channels: 3 as const };

/** Covers stand too near to be in focus: all of them are painted soft. */
export async function paintCover(
  frame: Buffer,
  moment: Moment,
  cover: Cover,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed * 31 + cover.variant);
  const layer = Buffer.alloc(frameWidth * frameHeight * 4);
  const gain = moment.infrared ? 0.8 : moment.light;
  if (cover.kind === 'cloth') paintCloth(layer, random, gain);
  else if (cover.kind === 'hand') paintHand(layer, random, gain);
  else paintSpray(layer, random, gain);
  const soft = cover.kind === 'spray' ? 5 : cover.kind === 'hand' ? 9 : 3;
  const blurred = await sharp(layer, { raw: { ...raw, channels: 4 } })
    .blur(soft)
    .raw()
    .toBuffer();
  for (let at = 0, from = 0; at < frame.length; at += 3, from += 4) {
    const hidden = (blurred[from + 3] ?? 0) / 255;
    const grey = moment.infrared
      ? ((blurred[from] ?? 0) + (blurred[from + 1] ?? 0) + (blurred[from + 2] ?? 0)) / 3
      : null;
    for (let channel = 0; channel < 3; channel += 1) {
      const shown = grey ?? blurred[from + channel] ?? 0;
      frame[at + channel] = (frame[at + channel] ?? 0) * (1 - hidden) + shown * hidden;
    }
  }
}

type Paint = (layer: Buffer, random: () => number, gain: number) => void;

/** Folds over the whole lens, light or dark, sometimes thin. */
const paintCloth: Paint = (layer, random, gain) => {
  const tint = [60 + random() * 160, 60 + random() * 150, 60 + random() * 150];
  const folds = 3 + random() * 7;
  const lean = random() * 3;
  const depth = 0.12 + random() * 0.25;
  const hides = random() < 0.3 ? 236 : 255;
  for (let row = 0; row < frameHeight; row += 1) {
    for (let column = 0; column < frameWidth; column += 1) {
      const phase = (column / frameWidth) * folds + (row / frameHeight) * lean;
      const fold = 1 + depth * Math.sin(phase * 6.3) * Math.cos(phase * 2.1 + 1);
      put(layer, row, column, tint, gain * 0.75 * fold, hides);
    }
  }
};

/** A palm with the gaps between its fingers open. */
const paintHand: Paint = (layer, random, gain) => {
  const tint = [172, 112, 84];
  const gapAt = 0.15 + random() * 0.7;
  const gap = random() * 0.06;
  const edge = 0.86 + random() * 0.2;
  for (let row = 0; row < frameHeight; row += 1) {
    for (let column = 0; column < frameWidth; column += 1) {
      const x = column / frameWidth;
      const y = row / frameHeight;
      const open = Math.abs(x - gapAt - 0.12 * (y - 0.5)) < gap * (1 - y) || x > edge;
      const shade = 0.35 + 0.4 * Math.sin(x * 5 + y * 2) ** 2;
      put(layer, row, column, tint, gain * shade, open ? 0 : 255);
    }
  }
};

/** Paint in blots that leave a few holes. */
const paintSpray: Paint = (layer, random, gain) => {
  const tint = random() < 0.5 ? [24, 24, 26] : [150 + random() * 80, random() * 120, random() * 90];
  const blots = Array.from({ length: 95 }, () => ({
    x: random() * frameWidth,
    y: random() * frameHeight,
    size: 30 + random() * 50,
  }));
  for (const blot of blots) {
    const top = Math.max(0, Math.floor(blot.y - blot.size));
    for (let row = top; row < Math.min(frameHeight, blot.y + blot.size); row += 1) {
      const half = Math.sqrt(Math.max(0, blot.size ** 2 - (row - blot.y) ** 2));
      const right = Math.min(frameWidth, blot.x + half);
      for (let column = Math.max(0, Math.floor(blot.x - half)); column < right; column += 1) {
        put(layer, row, column, tint, gain, 250);
      }
    }
  }
};

function put(
  layer: Buffer,
  row: number,
  column: number,
  tint: readonly number[],
  gain: number,
  alpha: number,
): void {
  const at = (row * frameWidth + column) * 4;
  layer[at] = Math.min(255, (tint[0] ?? 0) * gain);
  layer[at + 1] = Math.min(255, (tint[1] ?? 0) * gain);
  layer[at + 2] = Math.min(255, (tint[2] ?? 0) * gain);
  layer[at + 3] = alpha;
}
