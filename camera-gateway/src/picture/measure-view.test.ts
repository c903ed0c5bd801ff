import { defaultViewPolicy, judgePicture } from '@nigehban/domain/view-check.ts';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { decodePicture, maxJpegBytes } from './decode-picture.ts';
import { readFingerprint } from './fingerprint.ts';
import { fingerprintJpeg, measureJpeg, openReference } from './measure-view.ts';

const width = 640;
const height = 360;
const raw = { width, height, channels: 1 as const };

/** A hall with boxes, lines and a window; `shift` moves the camera, `contrast` is the light. */
function paintHall(options: { shift?: number; contrast?: number; grain?: number } = {}): Buffer {
  const { shift = 0, contrast = 1, grain = 1 } = options;
  const pixels = Buffer.alloc(width * height);
  let noise = 12_345 + grain;
  for (let y = 0; y < height; y += 1) {
    for (let column = 0; column < width; column += 1) {
      const x = column + shift;
      let light = y < 200 ? 150 : 95;
      if (x > 60 && x < 180 && y > 50 && y < 140) light = (x - 60) % 24 < 4 ? 60 : 220;
      if (x > 260 && x < 420 && y > 60 && y < 130) light = 45;
      if (x > 480 && x < 560 && y > 70 && y < 240) light = 100 - ((y / 40) % 2 > 1 ? 30 : 0);
      if (Math.abs(x - 300) < 140 - (y - 240) * 0.3 && y > 240 && y < 300) light = 70;
      if (x > 350 && x < 400 && y > 190 && y < 250) light = 210;
      if (x > 90 && x < 130 && y > 210 && y < 330) light = 180;
      noise = (Math.imul(noise, 1_103_515_245) + 12_345) & 0x7fffffff;
      pixels[y * width + column] = 20 + (light - 20) * contrast + ((noise >> 16) % 5);
    }
  }
  return pixels;
}

function jpegOf(pixels: Buffer): Promise<Buffer> {
  return sharp(pixels, { raw }).jpeg({ quality: 75 }).toBuffer();
}

async function verdictOf(fingerprint: string, jpeg: Buffer, before: Buffer = jpeg) {
  const reference = openReference(fingerprint);
  const { edges } = await measureJpeg(before, reference, null);
  const { measures } = await measureJpeg(jpeg, reference, edges);
  return judgePicture(measures, defaultViewPolicy.limits);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no fault',
    (thrown: { code?: string }) => thrown.code ?? String(thrown),
  );
}

let approved: Buffer;
let fingerprint: string;

beforeAll(async () => {
  approved = await jpegOf(paintHall());
  ({ fingerprint } = await fingerprintJpeg(approved));
});

test('a fingerprint is short text that keeps what it was made of', async () => {
  const { widthPx, heightPx } = await fingerprintJpeg(approved);
  expect([widthPx, heightPx]).toEqual([width, height]);
  expect(fingerprint.length).toBeLessThan(1_100);
  const features = readFingerprint(fingerprint);
  expect(features.edges.filter((direction) => direction > 0).length).toBeGreaterThan(100);
  expect(features.sharpness).toBeGreaterThan(0.3);
});

test.each(['', 'v1.', 'v1.AAAA', 'v2.AAAA', `v1.${'_'.repeat(1_059)}`, 'x'.repeat(100_000)])(
  'no fingerprint: %#',
  (text) => {
    expect(() => readFingerprint(text)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  },
);

test('the same view, in other light and at another size, is well', async () => {
  expect(await verdictOf(fingerprint, approved)).toBe('WELL');
  expect(await verdictOf(fingerprint, await jpegOf(paintHall({ contrast: 0.4 })))).toBe('WELL');
  expect(await verdictOf(fingerprint, await jpegOf(paintHall({ shift: 6 })))).toBe('WELL');
  expect(
    await verdictOf(fingerprint, await sharp(approved).resize(1280, 720).jpeg().toBuffer()),
  ).toBe('WELL');
});

test('disturbed views are named', async () => {
  expect(await verdictOf(fingerprint, await jpegOf(paintHall({ shift: 90 })))).toBe('MOVED');
  expect(await verdictOf(fingerprint, await sharp(approved).blur(7).jpeg().toBuffer())).toBe(
    'BLURRED',
  );
  expect(await verdictOf(fingerprint, await jpegOf(Buffer.alloc(width * height, 120)))).toBe(
    'COVERED',
  );
  expect(await verdictOf(fingerprint, await jpegOf(Buffer.alloc(width * height, 12)))).toBe('DARK');
  expect(await verdictOf(fingerprint, await jpegOf(Buffer.alloc(width * height, 255)))).toBe(
    'DAZZLED',
  );
});

test('a bare wall is no reference; dark is told all the same', async () => {
  const wall = await fingerprintJpeg(await jpegOf(Buffer.alloc(width * height, 140)));
  expect(openReference(wall.fingerprint)).toBeNull();
  expect(await verdictOf(wall.fingerprint, approved)).toBe('WELL');
  expect(await verdictOf(wall.fingerprint, await jpegOf(Buffer.alloc(width * height, 10)))).toBe(
    'DARK',
  );
});

test('equal pictures have equal hashes, others do not', async () => {
  const [one, again, other] = await Promise.all([
    decodePicture(approved),
    decodePicture(Buffer.from(approved)),
    decodePicture(await jpegOf(paintHall({ grain: 2 }))),
  ]);
  expect(again.hash).toBe(one.hash);
  expect(other.hash).not.toBe(one.hash);
});

/** Writes another size into the frame header (T.81 §B.2.2). */
function claim(jpeg: Buffer, widthPx: number, heightPx: number): Buffer {
  const lie = Buffer.from(jpeg);
  const frame =
    [0xc0, 0xc2].map((marker) => lie.indexOf(Buffer.of(0xff, marker))).find((at) => at > 0) ?? 0;
  lie.writeUInt16BE(heightPx, frame + 5);
  lie.writeUInt16BE(widthPx, frame + 7);
  return lie;
}

test('hostile pictures end in a coded fault', async () => {
  const png = await sharp(paintHall(), { raw }).png().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const huge = Buffer.alloc(maxJpegBytes + 1);
  approved.copy(huge);
  const noEnd = Buffer.concat([approved.subarray(0, 2), Buffer.alloc(1_000, 0xff)]);
  const cases: readonly [Buffer, string][] = [
    [approved.subarray(0, approved.length >> 1), 'CAMERA_ANSWER_INVALID'],
    [approved.subarray(0, 300), 'CAMERA_ANSWER_INVALID'],
    [claim(approved, 65_500, 65_500), 'CAMERA_ANSWER_TOO_LARGE'],
    [claim(approved, 8, 8), 'CAMERA_ANSWER_INVALID'],
    [png, 'CAMERA_ANSWER_INVALID'],
    [svg, 'CAMERA_ANSWER_INVALID'],
    [Buffer.alloc(0), 'CAMERA_ANSWER_INVALID'],
    [noEnd, 'CAMERA_ANSWER_INVALID'],
    [huge, 'CAMERA_ANSWER_TOO_LARGE'],
  ];
  const codes: string[] = [];
  for (const [jpeg] of cases) codes.push(await codeOf(decodePicture(jpeg)));
  expect(codes).toEqual(cases.map(([, code]) => code));
  expect((await decodePicture(approved)).widthPx).toBe(width);
});

test('broken in any place: a picture or a coded fault, never anything else', async () => {
  for (let at = 0; at < approved.length; at += Math.ceil(approved.length / 150)) {
    const broken = Buffer.from(approved);
    broken[at] = (broken[at] ?? 0) ^ 0x5a;
    expect(['no fault', 'CAMERA_ANSWER_INVALID', 'CAMERA_ANSWER_TOO_LARGE']).toContain(
      await codeOf(decodePicture(broken)),
    );
  }
});
