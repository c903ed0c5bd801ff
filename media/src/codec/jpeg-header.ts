/** What the headers of one JPEG picture must say, from its RTP packets (RFC 2435 §3.1). */
export interface JpegShape {
  /** 0 samples chroma 4:2:2, 1 4:2:0 (§4.1). */
  readonly type: 0 | 1;
  readonly widthPx: number;
  readonly heightPx: number;
  /** MCUs between restart markers; 0 without (§3.1.7). */
  readonly restartInterval: number;
  /** Quantization tables in zig-zag order, 64 bytes each, 128 with 16-bit values: luma, then chroma. */
  readonly tables: readonly Buffer[];
}

// biome-ignore format: tables as the standard prints them (ITU-T T.81 annex K.1, zig-zag order)
const LUMA_QUANTIZERS = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
  26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
  56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
  95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];
// biome-ignore format: as above
const CHROMA_QUANTIZERS = [
  17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/** Huffman tables of ITU-T T.81 annex K.3, as RFC 2435 appendix B gives them: code counts, values. */
const DC_VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const LUMA_DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const CHROMA_DC_COUNTS = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
const LUMA_AC_COUNTS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
const CHROMA_AC_COUNTS = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77];
const LUMA_AC_VALUES = Buffer.from(
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f0' +
    '2433627282090a161718191a25262728292a3435363738393a434445464748494a' +
    '535455565758595a636465666768696a737475767778797a838485868788898a' +
    '92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6' +
    'c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
  'hex',
);
const CHROMA_AC_VALUES = Buffer.from(
  '0001020311040521310612415107617113223281081442' +
    '91a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637' +
    '38393a434445464748494a535455565758595a636465666768696a7374757677' +
    '78797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3' +
    'b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8' +
    'e9eaf2f3f4f5f6f7f8f9fa',
  'hex',
);

/** The tables of a quality factor from 1 to 99 (RFC 2435 §4.2 and appendix A). */
export function tablesOfQuality(quality: number): readonly Buffer[] {
  const factor = Math.min(99, Math.max(1, quality));
  const scale = factor < 50 ? Math.floor(5000 / factor) : 200 - factor * 2;
  const scaled = (values: readonly number[]) =>
    Buffer.from(
      values.map((value) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100)))),
    );
  return [scaled(LUMA_QUANTIZERS), scaled(CHROMA_QUANTIZERS)];
}

/** Everything of a JPEG picture that stands before its scan (ITU-T T.81 §B.2, RFC 2435 appendix B). */
export function buildJpegHeader(shape: JpegShape): Buffer {
  const { widthPx, heightPx, restartInterval, tables } = shape;
  const lumaSampling = shape.type === 0 ? 0x21 : 0x22;
  const chromaTable = tables.length > 1 ? 1 : 0;
  const frame = Buffer.from([
    ...[8, heightPx >> 8, heightPx & 0xff, widthPx >> 8, widthPx & 0xff, 3],
    ...[1, lumaSampling, 0, 2, 0x11, chromaTable, 3, 0x11, chromaTable],
  ]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...tables.map((table, index) =>
      segment(0xdb, Buffer.from([(table.length > 64 ? 0x10 : 0) | index]), table),
    ),
    restartInterval > 0
      ? segment(0xdd, Buffer.from([restartInterval >> 8, restartInterval & 0xff]))
      : Buffer.alloc(0),
    segment(0xc0, frame),
    huffman(0x00, LUMA_DC_COUNTS, DC_VALUES),
    huffman(0x10, LUMA_AC_COUNTS, LUMA_AC_VALUES),
    huffman(0x01, CHROMA_DC_COUNTS, DC_VALUES),
    huffman(0x11, CHROMA_AC_COUNTS, CHROMA_AC_VALUES),
    segment(0xda, Buffer.from([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])),
  ]);
}

function huffman(id: number, counts: readonly number[], values: Iterable<number>): Buffer {
  return segment(0xc4, Buffer.from([id, ...counts, ...values]));
}

function segment(marker: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}
