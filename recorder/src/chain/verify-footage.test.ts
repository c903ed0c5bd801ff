import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { memorySource } from '@nigehban/media/mp4/byte-source.ts';
import { scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hourFolder, segmentPath } from '../footage-layout.ts';
import { makeSegment } from '../testing/make-segment.ts';
import { CameraChain } from './camera-chain.ts';
import { writeNodeManifest } from './node-manifest.ts';
import { verifyFootage } from './verify-footage.ts';

// Three minutes before a full hour, so that the chain crosses it.
const firstUs = Date.UTC(2027, 0, 8, 3, 57) * 1000;
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-verify-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A minute of footage a minute, with a gap after every second one. */
async function makeFootage(cameraId: number, segments: number): Promise<CameraChain> {
  const chain = await CameraChain.open(root, cameraId);
  for (let index = 0; index < segments; index++) {
    const startUs = chain.coveredUntilUs ?? firstUs;
    const bytes = makeSegment({ startUs, pictures: 75 });
    const path = segmentPath(cameraId, startUs);
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), bytes);
    const { fragments } = await scanRecording(memorySource(bytes));
    await chain.appendSegment({
      startUs,
      endUs: startUs + 60_000_000,
      path,
      codec: 'avc1.4d400d',
      widthPx: 320,
      heightPx: 240,
      frames: 75,
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      fragments: fragments.map(({ endOffset }) => [
        endOffset,
        sha256(bytes.subarray(0, endOffset)),
      ]),
      clockOffsetMs: null,
      flags: { repaired: false, lossy: false, adopted: false },
    });
    const endUs = startUs + 60_000_000;
    if (index % 2 === 1) {
      await chain.appendGap({ startUs: endUs, endUs: endUs + 30_000_000, cause: 'silent' });
    }
  }
  return chain;
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x20;
  await writeFile(path, bytes);
}

test('whichever byte of the footage is flipped, its file and fragment are named', async () => {
  await makeFootage(7, 3);
  const intact = await verifyFootage(root);
  expect(intact).toMatchObject({ intact: true, cameras: [{ segments: 3, gaps: 1, entries: 4 }] });
  const path = segmentPath(7, firstUs);
  const file = join(root, path);
  const bytes = await readFile(file);
  const { fragments } = await scanRecording(memorySource(bytes));
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), async (at) => {
      await flip(file, at);
      const { cameras } = await verifyFootage(root);
      await flip(file, at);
      const fragment = fragments.findIndex(({ endOffset }) => at < endOffset);
      expect(cameras[0]?.problems).toEqual([
        {
          kind: 'fragment-changed',
          path,
          fragment,
          fromByte: fragments[fragment - 1]?.endOffset ?? 0,
          toByte: fragments[fragment]?.endOffset,
        },
      ]);
    }),
    { numRuns: 40 },
  );
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('whichever byte of a chain is flipped, the line or the one after it is named', async () => {
  await makeFootage(7, 6);
  const hour = hourFolder(firstUs);
  const path = join(root, '7', hour, 'chain.jsonl');
  const text = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), async (at) => {
      await flip(path, at);
      const verdict = await verifyFootage(root);
      await flip(path, at);
      expect(verdict.intact).toBe(false);
      const line = text.subarray(0, at).filter((byte) => byte === 10).length + 1;
      const named = verdict.cameras[0]?.problems.flatMap((problem) =>
        'line' in problem && problem.path.includes(hour) ? [problem.line] : [],
      );
      // The last line's own change shows at the first line of the next hour.
      const lines = text.toString().split('\n').length - 1;
      if (line < lines) expect(named?.some((each) => each >= line && each <= line + 1)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('an entry removed, two swapped, and the end cut off are found', async () => {
  const chain = await makeFootage(7, 6);
  const path = join(root, '7', chain.hour, 'chain.jsonl');
  const text = await readFile(path, 'utf8');
  const lines = text.trimEnd().split('\n');
  const [first, second, ...others] = lines;
  if (first === undefined || second === undefined) throw new Error('too few lines');

  await writeFile(path, `${[first, ...others].join('\n')}\n`);
  expect((await verifyFootage(root)).intact).toBe(false);
  await writeFile(path, `${[second, first, ...others].join('\n')}\n`);
  expect((await verifyFootage(root)).intact).toBe(false);

  await writeFile(path, text);
  const heads = new Map([[7, chain.head]]);
  await writeNodeManifest(root, 'node-1', heads, firstUs + 7_200_000_000);
  expect((await verifyFootage(root)).intact).toBe(true);
  await writeFile(path, `${lines.slice(0, -1).join('\n')}\n`);
  expect((await verifyFootage(root)).cameras[0]?.problems).toContainEqual({
    kind: 'head-missing',
    manifest: 'nodes/node-1/2027-01-08/05.json',
    sequence: chain.head.sequence,
  });
});

test('a node manifest that was changed breaks the chain of manifests', async () => {
  const chain = await makeFootage(7, 2);
  const heads = new Map([[7, chain.head]]);
  for (const hours of [1, 2, 3]) {
    await writeNodeManifest(root, 'node-1', heads, firstUs + hours * 3_600_000_000);
  }
  expect((await verifyFootage(root)).intact).toBe(true);
  await flip(join(root, 'nodes/node-1/2027-01-08/05.json'), 40);
  expect((await verifyFootage(root)).manifestProblems).toContainEqual({
    kind: 'manifest-broken',
    manifest: 'nodes/node-1/2027-01-08/06.json',
  });
});

test('a stranger among the files and a missing file are named', async () => {
  await makeFootage(7, 2);
  await rm(join(root, segmentPath(7, firstUs)));
  const stranger = segmentPath(7, firstUs + 5);
  await writeFile(join(root, stranger), 'x');
  expect((await verifyFootage(root)).cameras[0]?.problems).toEqual([
    { kind: 'file-missing', path: segmentPath(7, firstUs) },
    { kind: 'file-unknown', path: stranger },
  ]);
});

test('the newest file after the chain is being written; an older stranger is not', async () => {
  const chain = await makeFootage(7, 2);
  const nowUs = (chain.coveredUntilUs ?? 0) + 1;
  const paths = [nowUs, nowUs - 120_000_000].map((startUs) => segmentPath(7, startUs));
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), 'begun');
  }
  const [camera] = (await verifyFootage(root)).cameras;
  expect(camera?.beingWritten).toBe(paths[0]);
  expect(camera?.problems).toEqual([{ kind: 'file-unknown', path: paths[1] }]);
});
