import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packetizeH264, packetizeH265 } from './packetize.ts';

/** What a receiver makes of the payloads, by the letter of RFC 6184 §5.7 and §5.8. */
function unpackH264(payloads: readonly Buffer[]): string[] {
  const units: Buffer[] = [];
  for (const payload of payloads) {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type === 24) units.push(...aggregated(payload, 1));
    else if (type === 28) {
      const flags = payload[1] ?? 0;
      if ((flags & 0x80) !== 0) {
        units.push(Buffer.from([((payload[0] ?? 0) & 0xe0) | (flags & 0x1f)]));
      }
      units.push(Buffer.concat([units.pop() ?? Buffer.alloc(0), payload.subarray(2)]));
    } else units.push(payload);
  }
  return units.map((unit) => unit.toString('hex'));
}

/** The same by RFC 7798 §4.4.2 and §4.4.3. */
function unpackH265(payloads: readonly Buffer[]): string[] {
  const units: Buffer[] = [];
  for (const payload of payloads) {
    const type = ((payload[0] ?? 0) >> 1) & 0x3f;
    if (type === 48) units.push(...aggregated(payload, 2));
    else if (type === 49) {
      const flags = payload[2] ?? 0;
      if ((flags & 0x80) !== 0) {
        const first = ((payload[0] ?? 0) & 0x81) | ((flags & 0x3f) << 1);
        units.push(Buffer.from([first, payload[1] ?? 0]));
      }
      units.push(Buffer.concat([units.pop() ?? Buffer.alloc(0), payload.subarray(3)]));
    } else units.push(payload);
  }
  return units.map((unit) => unit.toString('hex'));
}

function aggregated(payload: Buffer, headerBytes: number): Buffer[] {
  const units: Buffer[] = [];
  for (let offset = headerBytes; offset < payload.length; ) {
    const size = payload.readUInt16BE(offset);
    units.push(payload.subarray(offset + 2, offset + 2 + size));
    offset += 2 + size;
  }
  return units;
}

const body = fc.uint8Array({ minLength: 1, maxLength: 900 });
const h264Unit = fc
  .tuple(fc.constantFrom(0x67, 0x68, 0x65, 0x41, 0x01), body)
  .map(([header, bytes]) => Buffer.from([header, ...bytes]));
const h265Unit = fc
  .tuple(fc.constantFrom(0x40, 0x42, 0x44, 0x26, 0x02), body)
  .map(([header, bytes]) => Buffer.from([header, 1, ...bytes]));

test.each([
  ['H.264', packetizeH264, unpackH264, h264Unit],
  ['H.265', packetizeH265, unpackH265, h265Unit],
] as const)(
  '%s: a receiver gets back every NAL unit, no payload is too long',
  (_, pack, unpack, unit) => {
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 40, max: 400 }),
        (units, maxBytes) => {
          const payloads = pack(units, maxBytes);
          expect(Math.max(...payloads.map((payload) => payload.length))).toBeLessThanOrEqual(
            maxBytes,
          );
          expect(unpack(payloads)).toEqual(units.map((one) => one.toString('hex')));
        },
      ),
    );
  },
);
