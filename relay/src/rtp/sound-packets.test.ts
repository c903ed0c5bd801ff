import { expect, test } from 'vitest';
import { emptyRtpView, readRtp, writeRtpHeader } from './rtp-view.ts';
import { SoundPackets } from './sound-packets.ts';

const frameMs = 40;
const frameSamples = 320;

function setUp() {
  const sent: ReturnType<typeof emptyRtpView>[] = [];
  const payloads: Buffer[] = [];
  const packets = new SoundPackets(
    { ssrc: 77, payloadType: 8, firstSequence: 65_534 },
    (packet) => {
      const view = emptyRtpView();
      expect(readRtp(packet, 0, packet.length, view)).toBe(true);
      sent.push(view);
      payloads.push(packet.subarray(view.payloadStart, view.payloadEnd));
    },
  );
  const push = (
    frame: number,
    changes: { marker?: boolean; payloadType?: number; samples?: number; ssrc?: number } = {},
  ): void => {
    const packet = Buffer.alloc(12 + (changes.samples ?? frameSamples), 0xd5);
    const type = changes.payloadType ?? 97;
    const timestamp = (4_000_000_000 + frame * frameSamples) >>> 0;
    writeRtpHeader(packet, changes.marker ?? false, type, timestamp, changes.ssrc ?? 5);
    packet.writeUInt16BE((100 + frame) & 0xffff, 2);
    packets.push(packet, 0, packet.length, frame * frameMs * 1000);
  };
  packets.begin(97);
  return { packets, push, sent, payloads };
}

test('a packet leaves under our own SSRC, type and number, its samples untouched', () => {
  const { push, sent, payloads } = setUp();
  for (const frame of [0, 1, 2]) push(frame);
  expect(sent.map(({ ssrc, payloadType }) => [ssrc, payloadType])).toEqual(Array(3).fill([77, 8]));
  expect(sent.map(({ sequence }) => sequence)).toEqual([65_534, 65_535, 0]);
  expect(sent.map(({ timestamp }) => (timestamp - (sent[0]?.timestamp ?? 0)) >>> 0)).toEqual([
    0,
    frameSamples,
    2 * frameSamples,
  ]);
  expect(payloads.map((payload) => payload.length)).toEqual(Array(3).fill(frameSamples));
  expect(payloads[2]?.every((sample) => sample === 0xd5)).toBe(true);
});

test('the marker stands where sound begins, and where the camera set it', () => {
  const { packets, push, sent } = setUp();
  push(0);
  push(1);
  push(2, { marker: true });
  packets.begin(97);
  push(3);
  push(4);
  expect(sent.map(({ marker }) => marker)).toEqual([true, false, true, true, false]);
});

test('losses pass on to the listener, what came late or twice does not', () => {
  const { push, sent } = setUp();
  for (const frame of [0, 1, 4, 3, 4, 5]) push(frame);
  expect(sent.map(({ sequence }) => sequence)).toEqual([65_534, 65_535, 2, 3]);
});

test('after a pause numbers go on without a gap, timestamps by the time that passed', () => {
  const { packets, push, sent } = setUp();
  push(0);
  packets.begin(97);
  push(50);
  expect(sent.map(({ sequence }) => sequence)).toEqual([65_534, 65_535]);
  expect(((sent[1]?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0)) >>> 0).toBe(50 * frameSamples);
});

test('a new session of another SSRC and clock goes on where the last one ended', () => {
  const { packets, push, sent } = setUp();
  push(0);
  packets.begin(0);
  push(25, { ssrc: 9, payloadType: 0 });
  expect(sent[1]).toMatchObject({ ssrc: 77, payloadType: 8, sequence: 65_535, marker: true });
  expect(((sent[1]?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0)) >>> 0).toBe(25 * frameSamples);
});

test('comfort noise and telephone events are not played as sound', () => {
  const { push, sent } = setUp();
  push(0, { payloadType: 13 });
  push(1, { payloadType: 101 });
  expect(sent).toEqual([]);
});

test('a packet that is larger than a datagram leaves in parts with their own times', () => {
  const { push, sent, payloads } = setUp();
  push(0, { samples: 2_500, marker: true });
  expect(payloads.map((payload) => payload.length)).toEqual([1120, 1120, 260]);
  expect(sent.map(({ timestamp }) => (timestamp - (sent[0]?.timestamp ?? 0)) >>> 0)).toEqual([
    0, 1120, 2240,
  ]);
  expect(sent.map(({ marker }) => marker)).toEqual([true, false, false]);
  expect(sent.map(({ sequence }) => sequence)).toEqual([65_534, 65_535, 0]);
});
