import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { memorySource } from '@nigehban/media/mp4/byte-source.ts';
import { scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { segmentPath } from '../footage-layout.ts';
import type { OpenSegment } from '../recorder-types.ts';
import { makeSegment } from '../testing/make-segment.ts';
import { openFootageStream, type StreamWish } from './footage-stream.ts';
import { OutlineReader } from './outline-reader.ts';

const startUs = 1_790_000_000_000_000;
const second = 1_000_000;
let root = '';
let open: OpenSegment | undefined;
const source = () => ({ root, recorder: { openSegment: () => open } });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-stream-'));
  open = undefined;
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A segment of `pictures` at 25 a second; `change` makes its initialisation another. */
async function store(atUs: number, pictures: number, change = false): Promise<Buffer> {
  const bytes = makeSegment({ startUs: atUs, pictures, audio: true });
  if (change) {
    // The level in avcC: what a decoder is set up with.
    const avcC = bytes.indexOf('avcC') + 7;
    bytes.writeUInt8(bytes.readUInt8(avcC) ^ 1, avcC);
  }
  const path = join(root, segmentPath(7, atUs));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return bytes;
}

async function take(wish: Partial<StreamWish>) {
  const stream = await openFootageStream(source(), {
    cameraId: 7,
    fromUs: startUs,
    toUs: startUs + 3600 * second,
    videoOnly: true,
    ...wish,
  });
  const parts: Buffer[] = [];
  for await (const part of stream.bytes) parts.push(part);
  const bytes = Buffer.concat(parts);
  const scan = await scanRecording(memorySource(bytes));
  return { stream, bytes, scan };
}

test('segments become one stream whose times run on without hole or overlap', async () => {
  await store(startUs, 100);
  await store(startUs + 4 * second, 50);
  const { stream, scan, bytes } = await take({});
  expect(stream).toMatchObject({ fromUs: startUs, end: 'complete', nextUs: undefined });
  expect(scan.wholeBytes).toBe(bytes.length);
  let endTicks = 0;
  for (const [index, fragment] of scan.fragments.entries()) {
    expect(fragment.decodeTicks).toBe(endTicks);
    expect(fragment.sequence).toBe(index + 1);
    endTicks += fragment.durationTicks;
  }
  expect(scan.fragments.reduce((sum, { samples }) => sum + samples, 0)).toBe(150);
  expect(scan.fragments.map(({ wallUs }) => wallUs)).toEqual(
    [0, 1, 2, 3, 4, 5].map((index) => startUs + index * second),
  );
});

test('it begins with the key frame at or before the time and ends before the range does', async () => {
  await store(startUs, 100);
  await store(startUs + 4 * second, 100);
  const { stream, scan } = await take({
    fromUs: startUs + 2.7 * second,
    toUs: startUs + 5.5 * second,
  });
  expect(stream.fromUs).toBe(startUs + 2 * second);
  expect(scan.fragments.map(({ wallUs }) => wallUs)).toEqual(
    [2, 3, 4, 5].map((index) => startUs + index * second),
  );
  expect(scan.fragments[0]).toMatchObject({ decodeTicks: 0, startsWithKey: true });
});

test('a gap is a hole of its own length in media time; a wish inside it begins after it', async () => {
  await store(startUs, 50);
  await store(startUs + 30 * second, 50);
  const { scan } = await take({});
  expect(scan.fragments.map(({ decodeTicks }) => decodeTicks / 90_000)).toEqual([0, 1, 30, 31]);
  const after = await take({ fromUs: startUs + 10 * second });
  expect(after.stream.fromUs).toBe(startUs + 30 * second);
  expect(after.scan.fragments[0]?.decodeTicks).toBe(0);
});

test('another initialisation ends the stream and tells where the next one begins', async () => {
  await store(startUs, 50);
  await store(startUs + 2 * second, 50);
  await store(startUs + 4 * second, 50, true);
  await store(startUs + 6 * second, 50, true);
  const { stream, scan } = await take({});
  expect(stream).toMatchObject({ end: 'initialisation', nextUs: startUs + 4 * second });
  expect(scan.fragments).toHaveLength(4);
  const next = await take({ fromUs: startUs + 4 * second });
  expect(next.stream).toMatchObject({ end: 'complete', fromUs: startUs + 4 * second });
  expect(next.scan.fragments).toHaveLength(4);
});

test('sound keeps its place beside the pictures and never runs backwards', async () => {
  await store(startUs, 100);
  await store(startUs + 4 * second, 100);
  const { scan, stream } = await take({ videoOnly: false, fromUs: startUs + 1.2 * second });
  expect(stream.codec).toMatch(/^avc1\.[0-9a-f]+,ulaw$/);
  const sound = scan.fragments.filter(({ trackId }) => trackId === 2);
  expect(sound.length).toBeGreaterThan(4);
  let endTicks = 0;
  for (const fragment of sound) {
    expect(fragment.decodeTicks).toBeGreaterThanOrEqual(endTicks);
    const wall = ((fragment.wallUs ?? 0) - stream.fromUs) / 1e6;
    expect(Math.abs(fragment.decodeTicks / 8000 - wall)).toBeLessThan(0.15);
    endTicks = fragment.decodeTicks + fragment.durationTicks;
  }
});

test('of the segment that is being written only what is whole', async () => {
  const bytes = await store(startUs, 100);
  const scan = await scanRecording(memorySource(bytes));
  const sizeBytes = scan.fragments[3]?.endOffset ?? 0;
  open = {
    ...{ cameraId: 7, path: segmentPath(7, startUs), startUs, endUs: startUs + second, sizeBytes },
    ...{ frames: 50, codec: 'avc1', widthPx: 1, heightPx: 1 },
  };
  const taken = await take({ videoOnly: false });
  expect(taken.scan.fragments).toHaveLength(4);
});

test('nothing there is told, and so is a range beyond one stream', async () => {
  await expect(take({})).rejects.toMatchObject({ code: 'FOOTAGE_UNKNOWN' });
  await store(startUs, 50);
  await expect(take({ fromUs: startUs + 5 * second })).rejects.toMatchObject({
    code: 'FOOTAGE_UNKNOWN',
  });
  const long = await take({ toUs: startUs + 10 * 3600 * second });
  expect(long.stream).toMatchObject({ end: 'limit', nextUs: startUs + 6 * 3600 * second });
});

test('outlines tell pieces, lengths and which share an initialisation', async () => {
  const first = await store(startUs, 100);
  await store(startUs + 4 * second, 50);
  await store(startUs + 9 * second, 50, true);
  const reader = new OutlineReader(source());
  const pieces = await reader.read(7, startUs + second, startUs + 3600 * second);
  expect(pieces).toMatchObject([
    { startUs, endUs: startUs + 4 * second, durationUs: 4 * second, frames: 100, open: false },
    { startUs: startUs + 4 * second, durationUs: 2 * second, frames: 50 },
    { startUs: startUs + 9 * second },
  ]);
  expect(pieces[0]?.sizeBytes).toBe(first.length);
  expect(pieces[0]?.codec).toMatch(/^avc1\..*,ulaw$/);
  expect(pieces[1]?.initialisation).toBe(pieces[0]?.initialisation);
  expect(pieces[2]?.initialisation).not.toBe(pieces[0]?.initialisation);
  expect(await reader.read(7, startUs + 4 * second, startUs + 5 * second)).toEqual([pieces[1]]);
  expect(await reader.read(7, startUs, startUs + 3600 * second)).toEqual(pieces);
});
