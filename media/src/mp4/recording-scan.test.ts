import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrackDescription } from '../hub/stream-hub-types.ts';
import { MediaError } from '../media-error.ts';
import { Packetizer, rtpPacket } from '../testing/rtp-packets.ts';
import { SegmentCollector } from '../testing/segment-collector.ts';
import { BlockPool } from './block-pool.ts';
import { memorySource } from './byte-source.ts';
import { scanRecording } from './recording-scan.ts';
import { recordableTrack, Segmenter } from './segmenter.ts';

const sps = Buffer.from('674d400dd90141fb011000000300100000030320f142a480', 'hex');
const pps = Buffer.from('68ebc3cb20', 'hex');
const wallUs = 1_790_000_000_000_000;

function track(index: number, kind: 'video' | 'audio'): TrackDescription {
  const base = { index, payloadType: 96 + index, formatParameters: {}, parameterSets: [] };
  return kind === 'video'
    ? { ...base, kind, codec: 'H264', clockRateHz: 90_000, channels: 0 }
    : { ...base, kind, codec: 'PCMA', clockRateHz: 8000, channels: 1 };
}

interface Picture {
  readonly key: boolean;
  readonly bytes: number;
  readonly ticks: number;
}

function record(
  pictures: readonly Picture[],
  options: { audio?: boolean; segmentMs?: number } = {},
) {
  const pool = new BlockPool();
  const output = new SegmentCollector(pool);
  const tracks =
    options.audio === true ? [track(0, 'video'), track(1, 'audio')] : [track(0, 'video')];
  const video = recordableTrack(tracks);
  if (video === undefined) throw new Error('no video');
  const settings = {
    segmentMs: options.segmentMs ?? 3_600_000,
    fragmentMs: 1000,
    maxAccessUnitBytes: 1 << 20,
    pool,
  };
  const segmenter = new Segmenter(video, tracks, settings, output, 0);
  const packetizer = new Packetizer('H264');
  let ticks = 0;
  for (const [index, picture] of pictures.entries()) {
    ticks += index === 0 ? 0 : picture.ticks;
    const slice = Buffer.alloc(picture.bytes + 2, index);
    slice[0] = picture.key ? 0x65 : 0x41;
    slice[1] = 0x80;
    const arrivalUs = Math.round(wallUs + (ticks * 1e6) / 90_000);
    for (const packet of packetizer.accessUnit([sps, pps, slice], ticks)) {
      segmenter.push(0, packet, 0, packet.length, arrivalUs);
    }
    if (options.audio === true) {
      const timestamp = Math.round((ticks * 8000) / 90_000);
      const sound = rtpPacket(Buffer.alloc(160), { sequence: index, timestamp, marker: false });
      segmenter.push(1, sound, 0, sound.length, arrivalUs);
    }
  }
  segmenter.stop();
  expect(pool.blocksInUse).toBe(0);
  return output;
}

const pictures = fc
  .array(
    fc.record({
      key: fc.boolean(),
      bytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 90_000 })),
      ticks: fc.integer({ min: 1, max: 20_000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list): Picture[] =>
    list.map((picture, index) => ({ ...picture, key: index === 0 || picture.key })),
  );

test('what is written is read back: frames, times, key frames, bounded fragments', async () => {
  await fc.assert(
    fc.asyncProperty(pictures, fc.boolean(), async (list, audio) => {
      const output = record(list, { audio });
      expect(output.segments).toHaveLength(1);
      const scan = await scanRecording(memorySource(output.file(0)));
      expect(scan.wholeBytes).toBe(scan.sizeBytes);
      const video = scan.fragments.filter((fragment) => fragment.trackId === 1);
      expect(video.reduce((sum, fragment) => sum + fragment.samples, 0)).toBe(list.length);
      expect(scan.fragments.map((fragment) => fragment.sequence)).toEqual(
        scan.fragments.map((_, index) => index + 1),
      );
      let ticks = 0;
      for (const fragment of video) {
        expect(fragment.decodeTicks).toBe(ticks);
        ticks += fragment.durationTicks;
        expect(fragment.durationTicks <= 90_000 + 20_000 + 450 || fragment.samples === 1).toBe(
          true,
        );
      }
      const keys: number[] = [];
      let shownAt = 0;
      for (const [index, picture] of list.entries()) {
        shownAt += index === 0 ? 0 : picture.ticks;
        if (picture.key) keys.push(shownAt);
      }
      const fragmentStarts = video.map((fragment) => fragment.decodeTicks);
      expect(fragmentStarts).toEqual(expect.arrayContaining(keys));
      const summary = output.segments[0]?.summary;
      expect(summary).toMatchObject({ frames: list.length, startUs: wallUs, lossy: false });
    }),
    { numRuns: 60 },
  );
});

test('a file cut anywhere is good up to its last whole fragment', async () => {
  const list = Array.from({ length: 24 }, (_, index) => ({
    key: index % 8 === 0,
    bytes: 10 + index,
    ticks: 3600,
  }));
  const file = record(list, { audio: true }).file(0);
  const whole = await scanRecording(memorySource(file));
  const ends = whole.fragments.map((fragment) => fragment.endOffset);
  for (let length = 0; length <= file.length; length++) {
    const cut = memorySource(file.subarray(0, length));
    if (length < whole.initialisationBytes) {
      await expect(scanRecording(cut)).rejects.toMatchObject({ code: 'MP4_INVALID' });
      continue;
    }
    const scan = await scanRecording(cut);
    const expected = ends.filter((end) => end <= length).at(-1) ?? whole.initialisationBytes;
    expect(scan.wholeBytes).toBe(expected);
    expect(scan.fragments).toEqual(
      whole.fragments.filter((fragment) => fragment.endOffset <= length),
    );
  }
});

test('hostile bytes give a coded error or a shorter recording', async () => {
  const list = Array.from({ length: 50 }, (_, index) => ({
    key: index % 25 === 0,
    bytes: 60,
    ticks: 3600,
  }));
  const file = record(list).file(0);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(file.length),
      async (changes, length) => {
        const bytes = Buffer.from(file.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          const scan = await scanRecording(memorySource(bytes));
          expect(scan.wholeBytes).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('segments follow each other at key frames, with new initialisation when the format changes', async () => {
  const list = Array.from({ length: 100 }, (_, index) => ({
    key: index % 25 === 0,
    bytes: 80,
    ticks: 3600,
  }));
  const output = record(list, { segmentMs: 2000 });
  expect(output.segments.map((segment) => segment.summary?.frames)).toEqual([50, 50]);
  expect(output.segments[1]?.start.startUs).toBe(output.segments[0]?.summary?.endUs);
  expect(output.segments[0]?.summary?.reason).toBe('length');
});

test('a session that ends in the middle of a picture ends its segment at the last whole one', () => {
  const pool = new BlockPool();
  const output = new SegmentCollector(pool);
  const video = recordableTrack([track(0, 'video')]);
  if (video === undefined) throw new Error('no video');
  const settings = { segmentMs: 60_000, fragmentMs: 1000, maxAccessUnitBytes: 1 << 20, pool };
  const segmenter = new Segmenter(video, [video], settings, output, 0);
  const packetizer = new Packetizer('H264', { maxPayloadBytes: 100 });
  for (let index = 0; index <= 25; index++) {
    const slice = Buffer.alloc(500, index);
    slice[0] = index % 25 === 0 ? 0x65 : 0x41;
    slice[1] = 0x80;
    const packets = packetizer.accessUnit([sps, pps, slice], index * 3600);
    // Of the second key frame only the beginning comes: the fragment before it is cut already.
    for (const packet of index === 25 ? packets.slice(0, 4) : packets) {
      segmenter.push(0, packet, 0, packet.length, wallUs + index * 40_000);
    }
  }
  segmenter.stop();
  expect(output.segments[0]?.summary).toMatchObject({
    frames: 25,
    startUs: wallUs,
    endUs: wallUs + 1_000_000,
  });
  expect(pool.blocksInUse).toBe(0);
});

test('fragments that lie across the reader’s windows are read whole', async () => {
  const list = Array.from({ length: 1500 }, (_, index) => ({
    key: true,
    bytes: 20 + (index % 97),
    ticks: 3600,
  }));
  const scan = await scanRecording(memorySource(record(list).file(0)));
  expect(scan.fragments).toHaveLength(1500);
  expect(scan.wholeBytes).toBe(scan.sizeBytes);
});
