import fc from 'fast-check';
import { expect, test } from 'vitest';
import { H264Shaper, type ShapedPacket } from './h264-shaper.ts';

const sps = Buffer.from([0x67, 0x42, 0xe0, 0x1f, 1, 2, 3]);
const pps = Buffer.from([0x68, 0xce, 4, 5]);
const idr = (bytes = 50): Buffer => Buffer.concat([Buffer.from([0x65]), Buffer.alloc(bytes, 0xa5)]);
const slice = (bytes = 30): Buffer =>
  Buffer.concat([Buffer.from([0x41]), Buffer.alloc(bytes, 0x5a)]);

function stapA(...units: Buffer[]): Buffer {
  const sized = units.flatMap((unit) => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(unit.length);
    return [size, unit];
  });
  return Buffer.concat([Buffer.from([0x78]), ...sized]);
}

function fuA(unit: Buffer, sizes: number): Buffer[] {
  const header = unit.readUInt8(0);
  const body = unit.subarray(1);
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += sizes) {
    const end = Math.min(body.length, at + sizes);
    const flags = (at === 0 ? 0x80 : 0) | (end === body.length ? 0x40 : 0);
    pieces.push(
      Buffer.concat([
        Buffer.from([(header & 0xe0) | 28, flags | (header & 0x1f)]),
        body.subarray(at, end),
      ]),
    );
  }
  return pieces;
}

/** Feeds payloads; each entry of `pictures` is one access unit of one or more packets. */
function shape(
  pictures: readonly (readonly Buffer[])[],
  options: { parameterSets?: readonly Buffer[]; largestPayloadBytes?: number } = {},
): ShapedPacket[] {
  const out: ShapedPacket[] = [];
  const { parameterSets = [], ...rest } = options;
  const shaper = new H264Shaper({ ssrc: 77, payloadType: 102, ...rest }, (each) => out.push(each));
  shaper.startSession(parameterSets);
  let sequence = 65_533;
  pictures.forEach((payloads, picture) => {
    payloads.forEach((payload, index) => {
      const header = Buffer.alloc(12);
      header.writeUInt8(0x80, 0);
      header.writeUInt8(96 | (index === payloads.length - 1 ? 0x80 : 0), 1);
      header.writeUInt16BE(sequence++ & 0xffff, 2);
      header.writeUInt32BE(1000 + picture * 6000, 4);
      header.writeUInt32BE(0xcafe, 8);
      // The shared read buffer is overwritten as soon as the call is over.
      const shared = Buffer.concat([Buffer.alloc(4, 9), header, payload]);
      shaper.push(shared, 4, shared.length - 4, picture * 66_667);
      shared.fill(0xee);
    });
  });
  return out;
}

const payloadOf = ({ packet }: ShapedPacket): Buffer => packet.subarray(12);
const markerOf = ({ packet }: ShapedPacket): boolean => (packet.readUInt8(1) & 0x80) !== 0;

/** The NAL units that a receiver puts together from RFC 6184 payloads. */
function unitsOf(shaped: readonly ShapedPacket[]): Buffer[] {
  const units: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const payload of shaped.map(payloadOf)) {
    const type = payload.readUInt8(0) & 0x1f;
    if (type === 24) {
      for (let at = 1; at < payload.length; ) {
        const size = payload.readUInt16BE(at);
        units.push(payload.subarray(at + 2, at + 2 + size));
        at += 2 + size;
      }
    } else if (type === 28) {
      const flags = payload.readUInt8(1);
      const header = (payload.readUInt8(0) & 0xe0) | (flags & 0x1f);
      if ((flags & 0x80) !== 0) parts = [Buffer.from([header])];
      parts.push(payload.subarray(2));
      if ((flags & 0x40) !== 0) units.push(Buffer.concat(parts));
    } else units.push(payload);
  }
  return units;
}

test('packets get a plain header of our own and keep payload, marker and timestamp', () => {
  const [first, second] = shape([[slice()], [slice()]]);
  if (first === undefined || second === undefined) throw new Error('nothing came out');
  expect(payloadOf(first)).toEqual(slice());
  expect(first.packet.readUInt8(0)).toBe(0x80);
  expect(first.packet.readUInt8(1)).toBe(0x80 | 102);
  expect(first.packet.readUInt32BE(8)).toBe(77);
  expect(first.timestamp).toBe(1000);
  expect(second.timestamp).toBe(7000);
});

test('header extension, contributing sources and padding are left out', () => {
  const out: ShapedPacket[] = [];
  const shaper = new H264Shaper({ ssrc: 1, payloadType: 102 }, (each) => out.push(each));
  const packet = Buffer.concat([
    Buffer.from([0xb1, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1]),
    Buffer.alloc(4, 7),
    Buffer.from([0xab, 0xac, 0, 1, 1, 2, 3, 4]),
    slice(),
    Buffer.from([0, 0, 3]),
  ]);
  shaper.push(packet, 0, packet.length, 0);
  expect(out.map(payloadOf)).toEqual([slice()]);
});

test('parameter sets of the SDP are put in front of every key picture that has none', () => {
  const out = shape([[idr()], [slice()], [idr()]], { parameterSets: [sps, pps] });
  expect(out.map((each) => each.mark)).toEqual([
    'parameter-sets',
    'key-picture',
    'other',
    'parameter-sets',
    'key-picture',
  ]);
  expect(payloadOf(out[0] as ShapedPacket)).toEqual(stapA(sps, pps));
  expect(out.map(markerOf)).toEqual([false, true, true, false, true]);
  expect(out.map((each) => each.timestamp)).toEqual([1000, 1000, 7000, 13_000, 13_000]);
});

test('a key picture of several slices or fragments gets them once', () => {
  const slices = shape([[idr(), idr(), idr()], [slice()]], { parameterSets: [sps, pps] });
  expect(slices.filter((each) => each.mark === 'parameter-sets')).toHaveLength(1);
  const fragments = shape([fuA(idr(300), 100)], { parameterSets: [sps, pps] });
  expect(fragments.map((each) => each.mark)).toEqual([
    'parameter-sets',
    'key-picture',
    'other',
    'other',
  ]);
});

test.each([
  ['as packets of their own', [[sps, pps, idr()]]],
  ['as an aggregate', [[stapA(sps, pps), idr()]]],
  ['in one aggregate with the picture', [[stapA(sps, pps, idr())]]],
  ['with a timestamp of their own', [[sps, pps], [idr()]]],
])('parameter sets in band %s are not repeated', (_, pictures) => {
  const stale = [Buffer.from([0x67, 9]), Buffer.from([0x68, 9])];
  expect(unitsOf(shape(pictures, { parameterSets: stale }))).toEqual([sps, pps, idr()]);
});

test('parameter sets that came in band once win over the SDP for later key pictures', () => {
  const stale = [Buffer.from([0x67, 9]), Buffer.from([0x68, 9])];
  const out = shape([[sps, pps, idr()], [slice()], [idr()]], { parameterSets: stale });
  expect(unitsOf(out)).toEqual([sps, pps, idr(), slice(), sps, pps, idr()]);
});

test('without any parameter sets the picture passes as it is', () => {
  expect(unitsOf(shape([[idr()]]))).toEqual([idr()]);
});

test('packets above the limit are cut into fragments that make the same units', () => {
  const big = idr(40_000);
  const out = shape([
    [stapA(sps, pps), big],
    fuA(slice(9000), 5000),
    [stapA(slice(900), idr(900))],
  ]);
  expect(Math.max(...out.map(({ packet }) => packet.length))).toBeLessThanOrEqual(12 + 1420);
  expect(unitsOf(out)).toEqual([sps, pps, big, slice(9000), slice(900), sps, pps, idr(900)]);
  expect(out.filter(markerOf)).toHaveLength(3);
  expect(out.filter((each) => each.mark === 'key-picture')).toHaveLength(2);
});

test('losses before a packet are told once, with its first outgoing packet', () => {
  const out: ShapedPacket[] = [];
  const shaper = new H264Shaper({ ssrc: 1, payloadType: 102 }, (each) => out.push(each));
  shaper.startSession([sps, pps]);
  const send = (sequence: number, payload: Buffer): void => {
    const header = Buffer.from([0x80, 96, sequence >> 8, sequence & 0xff, 0, 0, 0, 9, 0, 0, 0, 1]);
    const packet = Buffer.concat([header, payload]);
    shaper.push(packet, 0, packet.length, 0);
  };
  send(1, slice());
  send(4, idr());
  send(5, slice());
  expect(out.map((each) => [each.mark, each.missing])).toEqual([
    ['other', 0],
    ['parameter-sets', 2],
    ['key-picture', 0],
    ['other', 0],
  ]);
});

test('hostile bytes never throw and never come out above the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (packets) => {
      const shaper = new H264Shaper({ ssrc: 1, payloadType: 102 }, ({ packet }) => {
        expect(packet.length).toBeLessThanOrEqual(12 + 1420);
      });
      shaper.startSession([]);
      for (const bytes of packets) {
        const packet = Buffer.from(bytes);
        if (packet.length > 0) packet.writeUInt8(0x80 | (packet.readUInt8(0) & 0x3f), 0);
        shaper.push(packet, 0, packet.length, 0);
      }
    }),
  );
});
