import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrackDescription } from '../hub/stream-hub-types.ts';
import { rtpPacket } from '../testing/rtp-packets.ts';
import { AudioDepacketizer } from './audio-depacketizer.ts';
import { type AudioFormat, audioCodecString, audioFormatOf } from './audio-format.ts';

const aacTrack: TrackDescription = {
  index: 1,
  kind: 'audio',
  codec: 'MPEG4-GENERIC',
  payloadType: 97,
  clockRateHz: 16_000,
  channels: 1,
  formatParameters: {
    mode: 'AAC-hbr',
    config: '1408',
    sizelength: '13',
    indexlength: '3',
    indexdeltalength: '3',
  },
  parameterSets: [],
};

function aacFormat(): AudioFormat {
  const format = audioFormatOf(aacTrack);
  if (format === undefined) throw new Error('not recordable');
  return format;
}

interface Sample {
  readonly bytes: Buffer;
  readonly timestamp: number;
  readonly durationTicks: number;
}

function collect(format: AudioFormat, packets: readonly Buffer[]) {
  const samples: Sample[] = [];
  const depacketizer = new AudioDepacketizer(format, {
    audioSample: (buffer, offset, length, timestamp, durationTicks) => {
      const bytes = Buffer.from(buffer.subarray(offset, offset + length));
      samples.push({ bytes, timestamp, durationTicks });
    },
  });
  for (const packet of packets) depacketizer.push(packet, 0, packet.length, 0);
  return { samples, depacketizer };
}

/** AU headers of 13 bits size and 3 bits index (RFC 3640 §3.3.6), then the data. */
function aacPayload(sizes: readonly number[], data: Buffer): Buffer {
  const head = Buffer.alloc(2 + sizes.length * 2);
  head.writeUInt16BE(sizes.length * 16, 0);
  for (const [index, size] of sizes.entries()) head.writeUInt16BE(size << 3, 2 + index * 2);
  return Buffer.concat([head, data]);
}

test('AAC: several access units of a packet follow each other by 1024 ticks', () => {
  const units = [Buffer.alloc(100, 1), Buffer.alloc(57, 2), Buffer.alloc(3, 3)];
  const payload = aacPayload(
    units.map((unit) => unit.length),
    Buffer.concat(units),
  );
  const packet = rtpPacket(payload, { sequence: 1, timestamp: 0xffff_ff00, marker: true });
  const { samples } = collect(aacFormat(), [packet]);
  expect(samples).toEqual(
    units.map((bytes, index) => ({
      bytes,
      timestamp: (0xffff_ff00 + index * 1024) >>> 0,
      durationTicks: 1024,
    })),
  );
});

test('AAC: an access unit over several packets is put together, or dropped when one is lost', () => {
  const unit = Buffer.from(Array.from({ length: 3000 }, (_, index) => index & 0xff));
  const packets = [0, 1000, 2000].map((at, index) =>
    rtpPacket(aacPayload([3000], unit.subarray(at, at + 1000)), {
      sequence: index,
      timestamp: 5,
      marker: index === 2,
    }),
  );
  expect(collect(aacFormat(), packets).samples).toEqual([
    { bytes: unit, timestamp: 5, durationTicks: 1024 },
  ]);
  const [first, , last] = packets;
  if (first === undefined || last === undefined) throw new Error('too few packets');
  const { samples, depacketizer } = collect(aacFormat(), [first, last]);
  expect(samples).toEqual([]);
  expect(depacketizer.lostPackets).toBe(1);
});

test('G.711: a packet is a sample of its length, late ones are dropped', () => {
  const format: AudioFormat = { codec: 'PCMU', sampleRateHz: 8000, channels: 1 };
  const packets = [1, 2, 1, 3].map((sequence) =>
    rtpPacket(Buffer.alloc(160, sequence), { sequence, timestamp: sequence * 160, marker: false }),
  );
  expect(collect(format, packets).samples.map(({ timestamp }) => timestamp)).toEqual([
    160, 320, 480,
  ]);
});

test('whatever comes, no sample reaches outside its packet', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 30 }), (payloads) => {
      const packets = payloads.map((payload, sequence) =>
        rtpPacket(Buffer.from(payload), { sequence, timestamp: sequence >> 1, marker: false }),
      );
      const { samples } = collect(aacFormat(), packets);
      const total = payloads.reduce((sum, payload) => sum + payload.length, 0);
      expect(samples.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(total);
    }),
    { numRuns: 300 },
  );
});

test('only what can be written is called recordable', () => {
  expect(audioCodecString(aacFormat())).toBe('mp4a.40.2');
  const without = (formatParameters: Record<string, string>) =>
    audioFormatOf({ ...aacTrack, formatParameters });
  expect(without({ mode: 'AAC-hbr' })).toBeUndefined();
  expect(without({ mode: 'AAC-lbr', config: '1408' })).toBeUndefined();
  expect(without({ mode: 'AAC-hbr', config: 'zz' })).toBeUndefined();
});
