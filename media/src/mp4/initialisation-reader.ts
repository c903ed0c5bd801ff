import { avcCodecString, hevcCodecString } from '../codec/video-format.ts';
import { MediaError } from '../media-error.ts';
import { type BoxSpan, child, children } from './box-reader.ts';

export interface ScannedTrack {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  readonly timescaleHz: number;
  /** RFC 6381, or the sample entry's name where none is defined. */
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Where its `trak` box stands, from the start of the file. */
  readonly span: readonly [start: number, end: number];
}

/** The tracks of a `moov` box; throws MP4_INVALID. `offset` is where `bytes` begin in the file. */
export function readTracks(bytes: Buffer, moov: BoxSpan, offset: number): ScannedTrack[] {
  try {
    return children(bytes, moov.bodyStart, moov.end)
      .filter((box) => box.type === 'trak')
      .map((trak) => readTrack(bytes, trak, offset));
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw new MediaError('MP4_INVALID', 'A field of moov lies outside its box', { cause: error });
  }
}

function readTrack(bytes: Buffer, trak: BoxSpan, offset: number): ScannedTrack {
  const tkhd = child(bytes, trak, 'tkhd');
  const id = bytes.readUInt32BE(tkhd.bodyStart + (bytes[tkhd.bodyStart] === 1 ? 20 : 12));
  const mdia = child(bytes, trak, 'mdia');
  const mdhd = child(bytes, mdia, 'mdhd');
  const timescaleHz = bytes.readUInt32BE(mdhd.bodyStart + (bytes[mdhd.bodyStart] === 1 ? 20 : 12));
  if (timescaleHz === 0) throw new MediaError('MP4_INVALID', 'Timescale is 0');
  const stbl = child(bytes, child(bytes, mdia, 'minf'), 'stbl');
  const [entry] = children(
    bytes,
    child(bytes, stbl, 'stsd').bodyStart + 8,
    child(bytes, stbl, 'stsd').end,
  );
  if (entry === undefined) throw new MediaError('MP4_INVALID', 'No sample entry');
  const video = ['avc1', 'hvc1', 'mp4v'].includes(entry.type);
  return {
    id,
    kind: video ? 'video' : 'audio',
    timescaleHz,
    codec: codecOf(bytes, entry),
    widthPx: video ? bytes.readUInt16BE(entry.bodyStart + 24) : 0,
    heightPx: video ? bytes.readUInt16BE(entry.bodyStart + 26) : 0,
    span: [offset + trak.bodyStart - 8, offset + trak.end],
  };
}

function codecOf(bytes: Buffer, entry: BoxSpan): string {
  if (entry.type === 'avc1') {
    const at = child(bytes, entry, 'avcC', 78).bodyStart;
    return avcCodecString(
      bytes.readUInt8(at + 1),
      bytes.readUInt8(at + 2),
      bytes.readUInt8(at + 3),
    );
  }
  if (entry.type === 'hvc1') {
    const at = child(bytes, entry, 'hvcC', 78).bodyStart;
    const first = bytes.readUInt8(at + 1);
    return hevcCodecString({
      profileSpace: first >> 6,
      tier: (first & 0x20) !== 0,
      profileIdc: first & 0x1f,
      compatibilityFlags: bytes.readUInt32BE(at + 2),
      constraintBytes: [...bytes.subarray(at + 6, at + 12)],
      levelIdc: bytes.readUInt8(at + 12),
    });
  }
  if (entry.type === 'mp4v') {
    // DecoderConfigDescriptor is tag 4 behind the ES_Descriptor's head, as this writer makes it.
    const esds = child(bytes, entry, 'esds', 78);
    const tag = bytes.subarray(esds.bodyStart, esds.end).indexOf(4, 4);
    if (tag >= 0) {
      const objectType = bytes.readUInt8(esds.bodyStart + tag + 2);
      return `mp4v.${objectType.toString(16).toUpperCase().padStart(2, '0')}`;
    }
  }
  if (entry.type === 'mp4a') {
    // AudioSpecificConfig stands behind tag 5 and its one-byte length, as this writer makes it.
    const esds = child(bytes, entry, 'esds', 28);
    const tag = bytes.subarray(esds.bodyStart, esds.end).indexOf(Buffer.from([5]), 20);
    if (tag >= 0) return `mp4a.40.${(bytes[esds.bodyStart + tag + 2] ?? 0) >> 3}`;
  }
  return entry.type;
}
