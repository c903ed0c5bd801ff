import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import type { ByteSource } from './byte-source.ts';
import { scanRecording } from './recording-scan.ts';

const types = [
  ...['ftyp', 'moov', 'mvhd', 'trak', 'tkhd', 'mdia', 'mdhd', 'minf', 'stbl', 'stsd', 'mvex'],
  ...['avc1', 'avcC', 'hvc1', 'hvcC', 'mp4v', 'mp4a', 'esds', 'ulaw'],
  ...['prft', 'moof', 'mfhd', 'traf', 'tfhd', 'tfdt', 'trun', 'mdat', 'free'],
];

/** A box whose size may lie, with children of any type or bytes of any kind. */
const { tree } = fc.letrec<{ tree: Buffer; body: Buffer }>((tie) => ({
  body: fc.oneof(
    { depthSize: 'small' },
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('tree'), { maxLength: 5 }).map((parts) => Buffer.concat(parts)),
    fc
      .tuple(fc.nat(90), fc.array(tie('tree'), { maxLength: 3 }))
      .map(([skip, parts]) => Buffer.concat([Buffer.alloc(skip), ...parts])),
  ),
  tree: fc
    .tuple(
      fc.constantFrom(...types),
      tie('body'),
      fc.oneof(
        { weight: 20, arbitrary: fc.constant('true' as const) },
        { weight: 1, arbitrary: fc.constantFrom(0, 1, 7, 8, 9, 0xffff, 0xffff_ffff) },
        { weight: 1, arbitrary: fc.constantFrom(2n, 16n, 17n, 1n << 40n, (1n << 64n) - 1n) },
      ),
    )
    .map(([type, body, size]) => {
      const head = Buffer.alloc(typeof size === 'bigint' ? 16 : 8);
      head.write(type, 4, 'latin1');
      if (typeof size === 'bigint') {
        head.writeUInt32BE(1);
        head.writeBigUInt64BE(size, 8);
      } else head.writeUInt32BE(size === 'true' ? body.length + 8 : size);
      return Buffer.concat([head, body]);
    }),
}));

/** Counts what a reader asks for. */
class MeasuredSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #bytes: Buffer;
  reads = 0;
  largestTargetBytes = 0;

  constructor(bytes: Buffer, sizeBytes = bytes.length) {
    this.#bytes = bytes;
    this.sizeBytes = sizeBytes;
  }

  async read(target: Buffer, length: number, position: number): Promise<number> {
    this.reads += 1;
    this.largestTargetBytes = Math.max(this.largestTargetBytes, target.length);
    if (position >= this.#bytes.length) return 0;
    return this.#bytes.copy(target, 0, position, Math.min(this.#bytes.length, position + length));
  }
}

async function scan(source: MeasuredSource): Promise<void> {
  try {
    const { wholeBytes, initialisationBytes, sizeBytes } = await scanRecording(source);
    expect(wholeBytes).toBeGreaterThanOrEqual(initialisationBytes);
    expect(wholeBytes).toBeLessThanOrEqual(sizeBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MediaError);
  }
}

test('boxes of any shape: a coded error or a scan, in few reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 8 }), async (boxes) => {
      const source = new MeasuredSource(Buffer.concat(boxes));
      await scan(source);
      // At most two reads per box of 8 bytes at least, and a few to begin with.
      expect(source.reads).toBeLessThan(source.sizeBytes / 4 + 8);
      expect(source.largestTargetBytes).toBeLessThanOrEqual(1 << 20);
    }),
    { numRuns: 1500 },
  );
});

test('a file that says it is huge takes no memory for it', async () => {
  for (const type of ['moov', 'moof', 'prft', 'mdat', 'free']) {
    const head = Buffer.alloc(16);
    head.writeUInt32BE(1);
    head.write(type, 4, 'latin1');
    head.writeBigUInt64BE(1n << 39n, 8);
    const source = new MeasuredSource(head, 2 ** 40);
    await scan(source);
    expect(source.reads).toBeLessThan(20);
    expect(source.largestTargetBytes).toBeLessThanOrEqual(1 << 20);
  }
});

test('a moov of twenty thousand tiny boxes is refused', async () => {
  const tiny = Buffer.alloc(8);
  tiny.writeUInt32BE(8);
  tiny.write('free', 4, 'latin1');
  const moov = Buffer.concat([Buffer.alloc(8), ...Array.from({ length: 20_000 }, () => tiny)]);
  moov.writeUInt32BE(moov.length);
  moov.write('moov', 4, 'latin1');
  await expect(scanRecording(new MeasuredSource(moov))).rejects.toMatchObject({
    code: 'MP4_INVALID',
  });
});
