/** Packets for tests: RTP (RFC 3550) around NAL units, fragmented and aggregated at will. */

export interface PacketOptions {
  readonly payloadType?: number;
  readonly ssrc?: number;
  /** Largest payload; larger NAL units are fragmented. */
  readonly maxPayloadBytes?: number;
  /** Put consecutive small NAL units of an access unit into one packet. */
  readonly aggregate?: boolean;
}

/** One RTP packet without extensions. */
export function rtpPacket(
  payload: Buffer,
  fields: {
    sequence: number;
    timestamp: number;
    marker: boolean;
    payloadType?: number;
    ssrc?: number;
  },
): Buffer {
  const head = Buffer.alloc(12);
  head[0] = 0x80;
  head[1] = (fields.marker ? 0x80 : 0) | (fields.payloadType ?? 96);
  head.writeUInt16BE(fields.sequence & 0xffff, 2);
  head.writeUInt32BE(fields.timestamp >>> 0, 4);
  head.writeUInt32BE(fields.ssrc ?? 0x1234, 8);
  return Buffer.concat([head, payload]);
}

/** Makes the packets of a stream with running sequence numbers. */
export class Packetizer {
  sequence = 0;
  readonly #codec: 'H264' | 'H265';
  readonly #options: PacketOptions;

  constructor(codec: 'H264' | 'H265', options: PacketOptions = {}) {
    this.#codec = codec;
    this.#options = options;
  }

  /** The packets of one access unit; the last one has the marker. */
  accessUnit(nals: readonly Buffer[], timestamp: number): Buffer[] {
    const payloads = this.#payloads(nals);
    return payloads.map((payload, index) =>
      rtpPacket(payload, {
        ...this.#options,
        sequence: this.sequence++,
        timestamp,
        marker: index === payloads.length - 1,
      }),
    );
  }

  #payloads(nals: readonly Buffer[]): Buffer[] {
    const limit = this.#options.maxPayloadBytes ?? 1400;
    const payloads: Buffer[] = [];
    let group: Buffer[] = [];
    const groupBytes = () => group.reduce((sum, nal) => sum + nal.length + 2, this.#headerBytes);
    const closeGroup = () => {
      const [only] = group;
      if (group.length === 1 && only !== undefined) payloads.push(only);
      else if (group.length > 1) payloads.push(this.#aggregate(group));
      group = [];
    };
    for (const nal of nals) {
      if (nal.length > limit) {
        closeGroup();
        payloads.push(...this.#fragments(nal, limit));
        continue;
      }
      if (!this.#options.aggregate || groupBytes() + nal.length + 2 > limit) closeGroup();
      group.push(nal);
    }
    closeGroup();
    return payloads;
  }

  get #headerBytes(): number {
    return this.#codec === 'H264' ? 1 : 2;
  }

  #aggregate(nals: readonly Buffer[]): Buffer {
    const head = this.#codec === 'H264' ? Buffer.from([0x78]) : Buffer.from([48 << 1, 1]);
    return Buffer.concat([
      head,
      ...nals.flatMap((nal) => {
        const size = Buffer.alloc(2);
        size.writeUInt16BE(nal.length);
        return [size, nal];
      }),
    ]);
  }

  #fragments(nal: Buffer, limit: number): Buffer[] {
    const first = nal[0] ?? 0;
    const h264 = this.#codec === 'H264';
    const head = h264
      ? Buffer.from([(first & 0xe0) | 28])
      : Buffer.from([(first & 0x81) | (49 << 1), nal[1] ?? 0]);
    const type = h264 ? first & 0x1f : (first >> 1) & 0x3f;
    const body = nal.subarray(this.#headerBytes);
    const room = Math.max(1, limit - head.length - 1);
    const out: Buffer[] = [];
    for (let at = 0; at < body.length; at += room) {
      const end = Math.min(body.length, at + room);
      const flags = (at === 0 ? 0x80 : 0) | (end === body.length ? 0x40 : 0);
      out.push(Buffer.concat([head, Buffer.from([flags | type]), body.subarray(at, end)]));
    }
    return out;
  }
}

/** The NAL units of an Annex B byte stream (ISO/IEC 14496-10 annex B). */
export function splitAnnexB(stream: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  let start = -1;
  for (let at = 0; at + 2 < stream.length; at++) {
    if (stream[at] !== 0 || stream[at + 1] !== 0 || stream[at + 2] !== 1) continue;
    if (start >= 0) nals.push(trimZeros(stream.subarray(start, at)));
    start = at + 3;
    at += 2;
  }
  if (start >= 0) nals.push(trimZeros(stream.subarray(start)));
  return nals;
}

/** NAL units grouped into access units: a new one begins at a delimiter or a first slice. */
export function groupAccessUnits(codec: 'H264' | 'H265', nals: readonly Buffer[]): Buffer[][] {
  const units: Buffer[][] = [];
  let hasSlice = true;
  for (const nal of nals) {
    const first = nal[0] ?? 0;
    const type = codec === 'H264' ? first & 0x1f : (first >> 1) & 0x3f;
    const slice = codec === 'H264' ? type >= 1 && type <= 5 : type < 32;
    const firstSlice = slice && ((nal[codec === 'H264' ? 1 : 2] ?? 0) & 0x80) !== 0;
    if (hasSlice && (!slice || firstSlice)) {
      units.push([]);
      hasSlice = false;
    }
    units.at(-1)?.push(nal);
    if (slice) hasSlice = true;
  }
  return units;
}

function trimZeros(nal: Buffer): Buffer {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end -= 1;
  return nal.subarray(0, end);
}
