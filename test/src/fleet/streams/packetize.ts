import type { VideoCodec } from './annex-b.ts';

/** The RTP payloads of one coded picture or audio frame, in order; the last carries the marker. */
export type FramePayloads = readonly Buffer[];

/**
 * RTP payloads of an H.264 picture (RFC 6184, packetization-mode 1): neighbouring small NAL units
 * in a STAP-A, large ones in FU-A, others alone.
 */
export function packetizeH264(nalUnits: readonly Buffer[], maxPayloadBytes: number): FramePayloads {
  return packetize(nalUnits, maxPayloadBytes, {
    headerBytes: 1,
    aggregate: (units) => {
      const importance = Math.max(...units.map((unit) => (unit[0] ?? 0) & 0x60));
      return Buffer.from([importance | 24]);
    },
    fragmentHeader: (unit, isFirst, isLast) => {
      const header = unit[0] ?? 0;
      const flags = (isFirst ? 0x80 : 0) | (isLast ? 0x40 : 0);
      return Buffer.from([(header & 0xe0) | 28, flags | (header & 0x1f)]);
    },
  });
}

/** RTP payloads of an H.265 picture (RFC 7798 without DONL): AP, FU or single NAL units. */
export function packetizeH265(nalUnits: readonly Buffer[], maxPayloadBytes: number): FramePayloads {
  return packetize(nalUnits, maxPayloadBytes, {
    headerBytes: 2,
    aggregate: (units) => {
      const temporal = Math.min(...units.map((unit) => (unit[1] ?? 1) & 7));
      return Buffer.from([48 << 1, temporal]);
    },
    fragmentHeader: (unit, isFirst, isLast) => {
      const first = unit[0] ?? 0;
      const flags = (isFirst ? 0x80 : 0) | (isLast ? 0x40 : 0);
      return Buffer.from([(first & 0x81) | (49 << 1), unit[1] ?? 1, flags | ((first >> 1) & 0x3f)]);
    },
  });
}

/** The packetizer of a codec. */
export function packetizerOf(
  codec: VideoCodec,
): (nalUnits: readonly Buffer[], maxPayloadBytes: number) => FramePayloads {
  return codec === 'H264' ? packetizeH264 : packetizeH265;
}

interface PayloadFormat {
  readonly headerBytes: number;
  readonly aggregate: (units: readonly Buffer[]) => Buffer;
  readonly fragmentHeader: (unit: Buffer, isFirst: boolean, isLast: boolean) => Buffer;
}

function packetize(
  nalUnits: readonly Buffer[],
  maxPayloadBytes: number,
  format: PayloadFormat,
): FramePayloads {
  const payloads: Buffer[] = [];
  let small: Buffer[] = [];
  let smallBytes = format.headerBytes;
  const flush = () => {
    const [only] = small;
    if (only !== undefined && small.length === 1) payloads.push(only);
    else if (small.length > 1) {
      const parts = small.flatMap((unit) => {
        const size = Buffer.alloc(2);
        size.writeUInt16BE(unit.length);
        return [size, unit];
      });
      payloads.push(Buffer.concat([format.aggregate(small), ...parts]));
    }
    small = [];
    smallBytes = format.headerBytes;
  };
  for (const unit of nalUnits) {
    if (unit.length > maxPayloadBytes) {
      flush();
      payloads.push(...fragment(unit, maxPayloadBytes, format));
      continue;
    }
    if (smallBytes + 2 + unit.length > maxPayloadBytes) flush();
    small.push(unit);
    smallBytes += 2 + unit.length;
  }
  flush();
  return payloads;
}

function fragment(unit: Buffer, maxPayloadBytes: number, format: PayloadFormat): Buffer[] {
  const room = maxPayloadBytes - format.headerBytes - 1;
  const body = unit.subarray(format.headerBytes);
  const payloads: Buffer[] = [];
  for (let offset = 0; offset < body.length; offset += room) {
    const part = body.subarray(offset, offset + room);
    const header = format.fragmentHeader(unit, offset === 0, offset + room >= body.length);
    payloads.push(Buffer.concat([header, part]));
  }
  return payloads;
}
