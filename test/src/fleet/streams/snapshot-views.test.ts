import sharp from 'sharp';
import { expect, test } from 'vitest';
import { SnapshotViews, snapshotViews } from './snapshot-views.ts';

/** A picture with edges and colour: bright stripes over a gradient. */
async function scene(): Promise<Buffer> {
  const [width, height] = [160, 90];
  const pixels = Buffer.alloc(width * height * 3);
  for (let index = 0; index < width * height; index += 1) {
    const x = index % width;
    const stripe = Math.floor(x / 8) % 2 === 0 ? 90 : 0;
    pixels.set([60 + stripe + x / 4, 70 + stripe, 50 + stripe / 2], index * 3);
  }
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

async function measure(jpeg: Buffer): Promise<{ brightness: number; sharpness: number }> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  let steps = 0;
  for (let at = 1; at < data.length; at += 1) {
    if (at % info.width !== 0) steps += Math.abs((data[at] ?? 0) - (data[at - 1] ?? 0));
  }
  const sum = data.reduce((total, value) => total + value, 0);
  return { brightness: sum / data.length, sharpness: steps / data.length };
}

test('each spoilt view is spoilt in its own way', async () => {
  const views = new SnapshotViews(await scene());
  const of = async (view: (typeof snapshotViews)[number]) =>
    measure(await views.take(view, false, 1));
  const well = await of('well');
  expect((await of('dark')).brightness).toBeLessThan(20);
  expect((await of('covered')).sharpness).toBeLessThan(well.sharpness / 2);
  expect((await of('blurred')).sharpness).toBeLessThan(well.sharpness * 0.7);
  const night = await of('night');
  expect(night.brightness).toBeGreaterThan(well.brightness * 0.6);
  expect(night.sharpness).toBeGreaterThan(well.sharpness * 0.6);
});

test('a sensor never gives the same bytes twice, a frozen one does', async () => {
  const views = new SnapshotViews(await scene());
  for (const view of snapshotViews) {
    const first = await views.take(view, false, 1);
    expect(first.equals(await views.take(view, false, 2))).toBe(false);
    const frozen = await views.take(view, true, 3);
    expect(frozen.equals(await views.take(view, true, 4))).toBe(true);
  }
});
