import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Packetizer, rtpPacket } from '../testing/rtp-packets.ts';
import type { AccessUnit, AccessUnitListener } from './access-unit.ts';
import { AccessUnitAssembler } from './access-unit-assembler.ts';

interface Unit {
  readonly key: boolean;
  readonly timestamp: number;
  readonly nals: Buffer[];
}

const h264Sps = Buffer.from('674d400dd90141fb011000000300100000030320f142a480', 'hex');
const h264Pps = Buffer.from('68ebc3cb20', 'hex');

/** Keeps whole access units, in a block that is thrown away and renewed all the time. */
class Keeper implements AccessUnitListener {
  readonly units: Unit[] = [];
  lost = 0;
  starts = 0;

  accessUnitStarts(unit: AccessUnit): void {
    this.starts += 1;
    // Moving at every start must be invisible.
    unit.moveTo(Buffer.alloc(256), 16);
  }

  accessUnitEnds(unit: AccessUnit): void {
    const nals: Buffer[] = [];
    for (let at = unit.unitStart; at < unit.position; ) {
      const length = unit.block.readUInt32BE(at);
      nals.push(Buffer.from(unit.block.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    this.units.push({ key: unit.key, timestamp: unit.timestamp, nals });
  }

  accessUnitLost(): void {
    this.lost += 1;
  }

  blockFull(unit: AccessUnit, needed: number): boolean {
    const start = unit.block.length === 0 ? 0 : unit.unitStart;
    unit.moveTo(Buffer.alloc(unit.position + needed + 64), start);
    return true;
  }
}

/** A slice; the first of its picture says so in the bit after its header. */
function slice(codec: 'H264' | 'H265', key: boolean, body: Uint8Array, index = 0): Buffer {
  const first = index === 0 ? 0x80 : 0x40;
  const head = codec === 'H264' ? [key ? 0x65 : 0x41, first] : [(key ? 19 : 1) << 1, 1, first];
  return Buffer.concat([Buffer.from(head), body]);
}

function push(assembler: AccessUnitAssembler, packets: readonly Buffer[]): void {
  for (const packet of packets) {
    // As in a hub's read buffer: at an odd place, among other bytes.
    const shared = Buffer.concat([Buffer.from([1, 2, 3]), packet, Buffer.from([4])]);
    assembler.push(shared, 3, packet.length, 0);
  }
}

const unitsOf = fc.array(
  fc.record({
    key: fc.boolean(),
    bodies: fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe.each(['H264', 'H265'] as const)('%s', (codec) => {
  test('gives the NAL units back however they are packed', () => {
    fc.assert(
      fc.property(
        unitsOf,
        fc.integer({ min: 4, max: 2000 }),
        fc.boolean(),
        fc.nat(0xffff),
        (units, maxPayloadBytes, aggregate, sequence) => {
          const packetizer = new Packetizer(codec, { maxPayloadBytes, aggregate });
          packetizer.sequence = sequence;
          const keeper = new Keeper();
          const assembler = new AccessUnitAssembler(codec, [], keeper);
          const sent = units.map(({ key, bodies }, index) => ({
            key,
            timestamp: (0xffff_f000 + index * 3600) >>> 0,
            nals: bodies.map((body, index) => slice(codec, key, body, index)),
          }));
          for (const unit of sent)
            push(assembler, packetizer.accessUnit(unit.nals, unit.timestamp));
          assembler.flush();
          expect(keeper.units).toEqual(sent);
          expect(keeper.lost + assembler.lostPackets + assembler.malformedPackets).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('what a lost packet belongs to is dropped whole; nothing damaged passes', () => {
    fc.assert(
      fc.property(
        unitsOf,
        fc.nat(),
        fc.integer({ min: 50, max: 1500 }),
        (units, lose, maxPayloadBytes) => {
          const packetizer = new Packetizer(codec, { maxPayloadBytes });
          const keeper = new Keeper();
          const assembler = new AccessUnitAssembler(codec, [], keeper);
          const sent = units.map(({ key, bodies }, index) => ({
            key,
            timestamp: 1000 + index * 3600,
            nals: bodies.map((body, index) => slice(codec, key, body, index)),
          }));
          const packets = sent.flatMap((unit) => packetizer.accessUnit(unit.nals, unit.timestamp));
          packets.splice(lose % packets.length, 1);
          push(assembler, packets);
          assembler.flush();
          const whole = new Map(sent.map((unit) => [unit.timestamp, unit]));
          for (const unit of keeper.units) {
            // A slice that is lost whole at a unit's front or end cannot always be seen missing, but
            // then the sequence number tells: no unit with a hole may pass.
            expect(unit).toEqual(whole.get(unit.timestamp));
          }
          expect(keeper.units.length).toBeGreaterThanOrEqual(sent.length - 2);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('no packet makes it throw or write outside its unit', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 40 }), (payloads) => {
        const assembler = new AccessUnitAssembler(codec, [], new Keeper());
        let sequence = 0;
        for (const [index, payload] of payloads.entries()) {
          push(assembler, [Buffer.from(payload)]);
          const fields = { sequence: sequence++, timestamp: index >> 2, marker: index % 3 === 0 };
          push(assembler, [rtpPacket(Buffer.from(payload), fields)]);
        }
        assembler.flush();
      }),
      { numRuns: 300 },
    );
  });
});

test('the first packets after a join in the middle of a unit give nothing', () => {
  const keeper = new Keeper();
  const assembler = new AccessUnitAssembler('H264', [], keeper);
  const packetizer = new Packetizer('H264', { maxPayloadBytes: 100 });
  const first = packetizer.accessUnit([slice('H264', true, Buffer.alloc(500))], 0);
  push(assembler, first.slice(2));
  push(assembler, packetizer.accessUnit([slice('H264', false, Buffer.alloc(50))], 3600));
  assembler.flush();
  expect(keeper.units.map((unit) => unit.timestamp)).toEqual([3600]);
});

test('late and duplicate packets change nothing', () => {
  const keeper = new Keeper();
  const assembler = new AccessUnitAssembler('H264', [], keeper);
  const packetizer = new Packetizer('H264', { maxPayloadBytes: 100 });
  const packets = packetizer.accessUnit([slice('H264', true, Buffer.alloc(300, 7))], 0);
  push(
    assembler,
    packets.flatMap((packet) => [packet, packet]),
  );
  assembler.flush();
  expect(keeper.units).toHaveLength(1);
  expect(assembler.latePackets).toBe(packets.length);
  expect(keeper.lost).toBe(0);
});

test('in-band parameter sets win over those of the SDP, and only a change counts', () => {
  const keeper = new Keeper();
  const other = Buffer.from(h264Sps);
  other[3] = 0x0c; // another level
  const assembler = new AccessUnitAssembler('H264', [other, h264Pps], keeper);
  const before = assembler.parameterSets.version;
  const packetizer = new Packetizer('H264', { aggregate: true });
  for (let index = 0; index < 3; index++) {
    const nals = [h264Sps, h264Pps, slice('H264', true, Buffer.alloc(9))];
    push(assembler, packetizer.accessUnit(nals, index * 3600));
  }
  assembler.flush();
  expect(assembler.parameterSets.version).toBe(before + 1);
  expect(assembler.parameterSets.format()).toMatchObject({ sps: { levelIdc: 0x0d } });
  expect(keeper.units.every((unit) => unit.nals.length === 1)).toBe(true);
});

test('a unit above the limit is given up, the next one passes', () => {
  const keeper = new Keeper();
  const assembler = new AccessUnitAssembler('H264', [], keeper, { maxUnitBytes: 1000 });
  const packetizer = new Packetizer('H264', { maxPayloadBytes: 200 });
  push(assembler, packetizer.accessUnit([slice('H264', true, Buffer.alloc(1200))], 0));
  push(assembler, packetizer.accessUnit([slice('H264', true, Buffer.alloc(900))], 3600));
  assembler.flush();
  expect(keeper.units.map((unit) => unit.timestamp)).toEqual([3600]);
  expect(keeper.lost).toBe(1);
});

test('markers on every NAL unit, or on none, do not split or join pictures', () => {
  for (const marker of [true, false]) {
    const keeper = new Keeper();
    const assembler = new AccessUnitAssembler('H264', [], keeper);
    let sequence = 0;
    for (let index = 0; index < 3; index++) {
      for (const nal of [h264Sps, h264Pps, slice('H264', true, Buffer.alloc(9, index))]) {
        push(assembler, [
          rtpPacket(nal, { sequence: sequence++, timestamp: index * 3600, marker }),
        ]);
      }
    }
    expect(keeper.units).toHaveLength(2);
    expect(keeper.lost).toBe(0);
  }
});
