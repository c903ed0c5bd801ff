import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrackDescription } from '../hub/stream-hub-types.ts';
import { Packetizer } from '../testing/rtp-packets.ts';
import { SegmentCollector } from '../testing/segment-collector.ts';
import { BlockPool } from './block-pool.ts';
import { memorySource } from './byte-source.ts';
import { scanRecording } from './recording-scan.ts';
import { recordableTrack, Segmenter } from './segmenter.ts';

const parameterSets = [
  '674d400dd90141fb011000000300100000030320f142a480',
  '674d400cd90141fb011000000300100000030320f142a480',
].map((sps) => [Buffer.from(sps, 'hex'), Buffer.from('68ebc3cb20', 'hex')]);
const startUs = 1_790_000_000_000_000;

const event = fc.record({
  key: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  bytes: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 400_000 }) },
  ),
  stepTicks: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 3000, max: 7000 }) },
    { weight: 2, arbitrary: fc.integer({ min: -5000, max: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }) },
  ),
  arrivalStepUs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 80_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 30_000_000 }) },
  ),
  lose: fc.oneof({ weight: 12, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(30) }),
  twice: fc.integer({ min: 0, max: 15 }).map((value) => value === 0),
  parameters: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constant(1) },
  ),
  accepting: fc.integer({ min: 0, max: 20 }).map((value) => value > 0),
  newSource: fc.integer({ min: 0, max: 40 }).map((value) => value === 0),
});

/** Found by chance: the clock went back behind the written fragment, and the stream's time broke there. */
const setBack = ((usual) => [
  usual,
  { ...usual, bytes: 299_995 },
  { ...usual, stepTicks: -7000 },
  { ...usual, newSource: true },
])({
  key: true,
  bytes: 1,
  stepTicks: 3000,
  arrivalStepUs: 0,
  lose: -1,
  twice: false,
  parameters: 0,
  accepting: true,
  newSource: false,
});

test('whatever a stream does: whole files, times in order, no memory kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 60, maxLength: 200, size: 'max' }),
      async (events) => {
        const pool = new BlockPool();
        const output = new SegmentCollector(pool);
        const track: TrackDescription = {
          index: 0,
          kind: 'video',
          codec: 'H264',
          payloadType: 96,
          clockRateHz: 90_000,
          channels: 0,
          formatParameters: {},
          parameterSets: [],
        };
        const video = recordableTrack([track]);
        if (video === undefined) throw new Error('no video');
        const settings = { segmentMs: 2000, fragmentMs: 500, maxAccessUnitBytes: 300_000, pool };
        const segmenter = new Segmenter(video, [track], settings, output, startUs - 1);
        let packetizer = new Packetizer('H264', { maxPayloadBytes: 1400 });
        let timestamp = 0;
        let arrivalUs = startUs;
        let sources = 1;
        for (const happens of events) {
          timestamp += happens.stepTicks;
          arrivalUs += happens.arrivalStepUs;
          output.accepting = happens.accepting;
          if (happens.newSource) {
            packetizer = new Packetizer('H264', { ssrc: sources++ });
            packetizer.sequence = timestamp & 0xffff;
          }
          const slice = Buffer.alloc(happens.bytes + 2, 0x55);
          slice[0] = happens.key ? 0x65 : 0x41;
          slice[1] = 0x80;
          const nals = happens.key
            ? [...(parameterSets[happens.parameters] ?? []), slice]
            : [slice];
          for (const [index, packet] of packetizer.accessUnit(nals, timestamp).entries()) {
            if (index === happens.lose) continue;
            segmenter.push(0, packet, 0, packet.length, arrivalUs);
            if (happens.twice) segmenter.push(0, packet, 0, packet.length, arrivalUs);
          }
        }
        segmenter.stop();
        expect(pool.blocksInUse).toBe(0);
        let coveredUs = startUs - 1;
        for (const [index, { start, summary, writes, ends }] of output.segments.entries()) {
          if (summary === undefined) throw new Error('a segment did not end');
          expect(start.startUs).toBeGreaterThanOrEqual(coveredUs);
          expect(summary.endUs).toBeGreaterThanOrEqual(start.startUs);
          expect(Number.isSafeInteger(start.startUs) && Number.isSafeInteger(summary.endUs)).toBe(
            true,
          );
          coveredUs = summary.endUs;
          const scan = await scanRecording(memorySource(output.file(index)));
          expect(scan.wholeBytes).toBe(scan.sizeBytes);
          expect(scan.fragments).toHaveLength(writes.length);
          expect(scan.fragments[0]?.startsWithKey).toBe(true);
          expect(scan.fragments.reduce((sum, fragment) => sum + fragment.samples, 0)).toBe(
            summary.frames,
          );
          expect(ends.at(-1)?.frames).toBe(summary.frames);
          const decoded = scan.fragments.map((fragment) => fragment.decodeTicks);
          expect(decoded).toEqual(decoded.toSorted((left, right) => left - right));
        }
      },
    ),
    { numRuns: 100, examples: [[setBack]] },
  );
});
