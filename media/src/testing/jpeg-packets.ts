import { rtpPacket } from './rtp-packets.ts';

/** A JPEG picture taken apart as a sender does (RFC 2435 §3.1). */
export interface JpegPicture {
  readonly type: 0 | 1;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly tables: readonly Buffer[];
  readonly restartInterval: number;
  readonly scan: Buffer;
}

/** Reads a baseline JPEG file; its Huffman tables must be the standard ones. */
export function takeJpegApart(file: Buffer): JpegPicture {
  const tables: Buffer[] = [];
  let size = { type: 1 as 0 | 1, widthPx: 0, heightPx: 0 };
  let restartInterval = 0;
  for (let at = 2; at + 4 <= file.length; ) {
    const marker = file[at + 1] ?? 0;
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (marker === 0xdb) {
      for (let from = at + 4; from < end; from += 65)
        tables.push(file.subarray(from + 1, from + 65));
    } else if (marker === 0xc0) {
      const type = file[at + 11] === 0x21 ? 0 : 1;
      size = { type, heightPx: file.readUInt16BE(at + 5), widthPx: file.readUInt16BE(at + 7) };
    } else if (marker === 0xdd) {
      restartInterval = file.readUInt16BE(at + 4);
    } else if (marker === 0xda) {
      const scan = file.subarray(end, file.length - 2);
      return { ...size, tables, restartInterval, scan };
    }
    at = end;
  }
  throw new Error('no scan in this JPEG');
}

/** The files of a concatenated stream of JPEG pictures. */
export function splitJpegs(stream: Buffer): Buffer[] {
  const files: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const next = stream.indexOf(Buffer.from([0xff, 0xd9, 0xff, 0xd8]), at);
    const end = next < 0 ? stream.length : next + 2;
    files.push(stream.subarray(at, end));
    at = end;
  }
  return files;
}

export interface JpegPacketOptions {
  /** Below 128 no tables are sent. Default 255. */
  readonly quality?: number;
  readonly maxDataBytes?: number;
  /** Tables in band although the quality allows to leave them out. Default true. */
  readonly withTables?: boolean;
}

/** The RTP packets of a picture, the last with the marker. */
export function jpegPackets(
  picture: JpegPicture,
  fields: { readonly sequence: number; readonly timestamp: number },
  options: JpegPacketOptions = {},
): Buffer[] {
  const { quality = 255, maxDataBytes = 1300, withTables = true } = options;
  const packets: Buffer[] = [];
  for (let at = 0; at < picture.scan.length; at += maxDataBytes) {
    const head = Buffer.alloc(8);
    head.writeUIntBE(at, 1, 3);
    head[4] = picture.type | (picture.restartInterval > 0 ? 64 : 0);
    head[5] = quality;
    head[6] = picture.widthPx / 8;
    head[7] = picture.heightPx / 8;
    const parts: Buffer[] = [head];
    if (picture.restartInterval > 0) {
      const restart = Buffer.from([0, 0, 0xff, 0xff]);
      restart.writeUInt16BE(picture.restartInterval, 0);
      parts.push(restart);
    }
    if (at === 0 && quality >= 128) {
      const tables = withTables ? Buffer.concat(picture.tables) : Buffer.alloc(0);
      const tableHead = Buffer.alloc(4);
      tableHead.writeUInt16BE(tables.length, 2);
      parts.push(tableHead, tables);
    }
    parts.push(picture.scan.subarray(at, at + maxDataBytes));
    packets.push(
      rtpPacket(Buffer.concat(parts), {
        sequence: fields.sequence + packets.length,
        timestamp: fields.timestamp,
        marker: at + maxDataBytes >= picture.scan.length,
        payloadType: 26,
      }),
    );
  }
  return packets;
}
