import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JpegPicture, jpegPackets } from '../testing/jpeg-packets.ts';
import { rtpPacket } from '../testing/rtp-packets.ts';
import type { AccessUnit, AccessUnitListener } from './access-unit.ts';
import { JpegAssembler } from './jpeg-assembler.ts';
import { buildJpegHeader, tablesOfQuality } from './jpeg-header.ts';

class Keeper implements AccessUnitListener {
  readonly pictures: Buffer[] = [];
  readonly timestamps: number[] = [];
  largestBlockBytes = 0;
  lost = 0;

  accessUnitStarts(unit: AccessUnit): void {
    unit.moveTo(Buffer.alloc(64), 8);
  }
  accessUnitEnds(unit: AccessUnit): void {
    this.pictures.push(Buffer.from(unit.block.subarray(unit.unitStart, unit.position)));
    this.timestamps.push(unit.timestamp);
  }
  accessUnitLost(): void {
    this.lost += 1;
  }
  blockFull(unit: AccessUnit, needed: number): boolean {
    const block = Buffer.alloc(unit.position + needed + 64);
    this.largestBlockBytes = Math.max(this.largestBlockBytes, block.length);
    unit.moveTo(block, unit.block.length === 0 ? 0 : unit.unitStart);
    return true;
  }
}

function assemble(packets: readonly Buffer[], maxUnitBytes = 1 << 20) {
  const keeper = new Keeper();
  const assembler = new JpegAssembler(keeper, { maxUnitBytes });
  for (const packet of packets) {
    const shared = Buffer.concat([Buffer.from([9, 9, 9]), packet, Buffer.from([9])]);
    assembler.push(shared, 3, packet.length, 0);
  }
  assembler.flush();
  return { keeper, assembler };
}

const picture: JpegPicture = {
  type: 1,
  widthPx: 320,
  heightPx: 240,
  tables: [Buffer.alloc(64, 3), Buffer.alloc(64, 5)],
  restartInterval: 0,
  scan: Buffer.alloc(5000, 0x55),
};
const endOfImage = Buffer.from([0xff, 0xd9]);
const fileOf = (one: JpegPicture) => Buffer.concat([buildJpegHeader(one), one.scan, endOfImage]);

test('scales the tables of the standard as RFC 2435 appendix A does', () => {
  const [luma, chroma] = tablesOfQuality(50);
  expect([...(luma?.subarray(0, 4) ?? [])]).toEqual([16, 11, 12, 14]);
  expect([...(chroma?.subarray(0, 4) ?? [])]).toEqual([17, 18, 18, 24]);
  expect([...new Set(tablesOfQuality(99)[0])]).toEqual([1, 2]);
  expect(tablesOfQuality(1)[0]?.every((value) => value === 255)).toBe(true);
  expect(tablesOfQuality(75)[0]?.[0]).toBe(8);
});

test('gives whole pictures back however they are packed', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          // A scan that ends with an end of image gets no second one.
          scan: fc
            .uint8Array({ minLength: 1, maxLength: 6000 })
            .filter((scan) => scan.at(-2) !== 0xff || scan.at(-1) !== 0xd9),
          type: fc.constantFrom(0 as const, 1 as const),
          restartInterval: fc.constantFrom(0, 7),
          quality: fc.constantFrom(30, 99, 128, 200, 255),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      fc.integer({ min: 20, max: 2000 }),
      fc.nat(0xffff),
      (pictures, maxDataBytes, first) => {
        let sequence = first;
        const packets: Buffer[] = [];
        const files: Buffer[] = [];
        for (const [index, { scan, type, restartInterval, quality }] of pictures.entries()) {
          const tables = quality < 128 ? tablesOfQuality(quality) : picture.tables;
          const one = { ...picture, type, restartInterval, tables, scan: Buffer.from(scan) };
          const fields = { sequence, timestamp: 0xffff_fff0 + index * 3000 };
          const made = jpegPackets(one, fields, { quality, maxDataBytes });
          sequence += made.length;
          packets.push(...made);
          files.push(fileOf(one));
        }
        const { keeper, assembler } = assemble(packets);
        expect(keeper.pictures).toEqual(files);
        expect(keeper.lost + assembler.lostPackets + assembler.malformedPackets).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('a picture with a hole is dropped whole, the others pass', () => {
  const packets = [0, 1, 2].flatMap((index) =>
    jpegPackets(picture, { sequence: index * 4, timestamp: index * 3000 }),
  );
  expect(packets).toHaveLength(12);
  for (let lose = 0; lose < packets.length; lose++) {
    const { keeper, assembler } = assemble(packets.filter((_, index) => index !== lose));
    const hit = Math.floor(lose / 4);
    // At the stream's first packet nothing says that one was missed before.
    expect(keeper.timestamps).toEqual([0, 3000, 6000].filter((_, index) => index !== hit));
    expect(keeper.lost).toBe(1);
    expect(assembler.lostPackets).toBe(lose === 0 || lose === 11 ? 0 : 1);
    for (const made of keeper.pictures) expect(made).toEqual(fileOf(picture));
  }
});

test('tables in band hold for the pictures after them, but not at quality 255', () => {
  const send = (quality: number) => [
    ...jpegPackets(picture, { sequence: 0, timestamp: 0 }, { quality }),
    ...jpegPackets(picture, { sequence: 4, timestamp: 3000 }, { quality, withTables: false }),
  ];
  expect(assemble(send(200)).keeper.pictures).toEqual([fileOf(picture), fileOf(picture)]);
  const strict = assemble(send(255));
  expect(strict.keeper.pictures).toHaveLength(1);
  expect(strict.assembler.malformedPackets).toBe(1);
  expect(strict.keeper.lost).toBe(1);
});

test('another size is another format; other tables are not', () => {
  const keeper = new Keeper();
  const assembler = new JpegAssembler(keeper, { maxUnitBytes: 1 << 20 });
  const push = (one: JpegPicture, sequence: number) => {
    for (const packet of jpegPackets(one, { sequence, timestamp: sequence })) {
      assembler.push(packet, 0, packet.length, 0);
    }
    return assembler.parameterSets.version;
  };
  expect(assembler.parameterSets.format()).toBeUndefined();
  expect(push(picture, 0)).toBe(1);
  expect(push({ ...picture, tables: [Buffer.alloc(64, 9)] }, 4)).toBe(1);
  expect(push({ ...picture, widthPx: 640 }, 8)).toBe(2);
  expect(assembler.parameterSets.format()).toEqual({ codec: 'JPEG', widthPx: 640, heightPx: 240 });
});

test('a picture above the limit is given up', () => {
  const packets = jpegPackets(picture, { sequence: 0, timestamp: 0 });
  const { keeper } = assemble(packets, 3000);
  expect(keeper.pictures).toEqual([]);
  expect(keeper.lost).toBe(1);
  expect(keeper.largestBlockBytes).toBeLessThan(4000);
});

test('no packet makes it throw, and memory stays below the limit', () => {
  const head = fc
    .tuple(
      fc.constantFrom(0, 0, 0, 1, 1300, 0xffffff),
      fc.constantFrom(0, 1, 64, 65, 2, 200),
      fc.constantFrom(0, 1, 60, 99, 100, 128, 255),
      fc.nat(255),
      fc.uint8Array({ maxLength: 200 }),
    )
    .map(([offset, type, quality, size, rest]) => {
      const bytes = Buffer.from([0, 0, 0, 0, type, quality, size, size]);
      bytes.writeUIntBE(offset, 1, 3);
      return Buffer.concat([bytes, rest]);
    });
  const payload = fc.oneof(head, fc.uint8Array({ maxLength: 300 }).map(Buffer.from));
  fc.assert(
    fc.property(fc.array(fc.tuple(payload, fc.boolean()), { maxLength: 40 }), (payloads) => {
      const packets = payloads.map(([bytes, marker], index) =>
        rtpPacket(bytes, { sequence: index, timestamp: index >> 2, marker }),
      );
      const { keeper } = assemble(packets, 2000);
      expect(keeper.largestBlockBytes).toBeLessThan(2200);
      for (const made of keeper.pictures) {
        expect(made.readUInt16BE(0)).toBe(0xffd8);
        expect(made.readUInt16BE(made.length - 2)).toBe(0xffd9);
      }
    }),
    { numRuns: 300 },
  );
});
