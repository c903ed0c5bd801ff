import { buildJpegHeader, type JpegShape, tablesOfQuality } from './jpeg-header.ts';

const MAIN_HEADER_BYTES = 8;

/**
 * RTP payload format for JPEG (RFC 2435): types 0 and 1 with or without restart markers (64, 65),
 * quality factors 1 to 99 by rule and 128 to 255 with tables in band. Remembers what the last
 * picture's headers were made of, so that a steady stream builds them once.
 */
export class JpegDepacketizer {
  readonly #keptTables = new Map<number, readonly Buffer[]>();
  #shape: JpegShape | undefined;
  #header: Buffer | undefined;
  #version = 0;
  #dataStart = 0;
  #fragmentOffset = 0;

  /** Grows when the picture's size changes. */
  get version(): number {
    return this.#version;
  }

  get shape(): JpegShape | undefined {
    return this.#shape;
  }

  /** The headers of the picture whose first payload was read last. */
  get header(): Buffer | undefined {
    return this.#header;
  }

  /** Place of the last payload's data in the picture's scan, and where it begins in the buffer. */
  get fragmentOffset(): number {
    return this.#fragmentOffset;
  }

  get dataStart(): number {
    return this.#dataStart;
  }

  /** Reads the headers of `buffer[start, end)`; false when they break the format or are not known. */
  read(buffer: Buffer, start: number, end: number): boolean {
    if (end - start < MAIN_HEADER_BYTES) return false;
    this.#fragmentOffset = buffer.readUIntBE(start + 1, 3);
    const fullType = buffer[start + 4] ?? 0;
    const type = fullType & 0x3f;
    const quality = buffer[start + 5] ?? 0;
    const widthPx = (buffer[start + 6] ?? 0) * 8;
    const heightPx = (buffer[start + 7] ?? 0) * 8;
    // Zero stands for pictures wider than 2,040 pixels, whose size RTP does not tell.
    if (fullType > 127 || (type !== 0 && type !== 1) || widthPx === 0 || heightPx === 0) {
      return false;
    }
    let at = start + MAIN_HEADER_BYTES;
    let restartInterval = 0;
    if (fullType >= 64) {
      if (at + 4 > end) return false;
      restartInterval = buffer.readUInt16BE(at);
      at += 4;
    }
    if (this.#fragmentOffset > 0) {
      this.#dataStart = at;
      return true;
    }
    let tables: readonly Buffer[] | undefined;
    if (quality >= 128) {
      if (at + 4 > end) return false;
      const length = buffer.readUInt16BE(at + 2);
      if (at + 4 + length > end) return false;
      tables = this.#tablesInBand(buffer, at, length, quality);
      at += 4 + length;
    } else if (quality >= 1 && quality <= 99) {
      tables = this.#keptTables.get(quality) ?? this.#keep(quality, tablesOfQuality(quality));
    }
    if (tables === undefined) return false;
    this.#dataStart = at;
    this.#take({ type, widthPx, heightPx, restartInterval, tables });
    return true;
  }

  /** §3.1.8. Without tables, those that the same factor brought before hold, unless it is 255. */
  #tablesInBand(
    buffer: Buffer,
    at: number,
    length: number,
    quality: number,
  ): readonly Buffer[] | undefined {
    const kept = this.#keptTables.get(quality);
    if (length === 0) return quality === 255 ? undefined : kept;
    const precision = buffer[at + 1] ?? 0;
    const data = at + 4;
    if (kept !== undefined && isSame(kept, buffer, data, length)) return kept;
    const tables: Buffer[] = [];
    for (let index = 0, from = data; from < data + length; index++) {
      const bytes = (precision >> index) & 1 ? 128 : 64;
      if (index > 1 || from + bytes > data + length) return undefined;
      tables.push(Buffer.from(buffer.subarray(from, from + bytes)));
      from += bytes;
    }
    return this.#keep(quality, tables);
  }

  #keep(quality: number, tables: readonly Buffer[]): readonly Buffer[] {
    this.#keptTables.set(quality, tables);
    return tables;
  }

  #take(next: JpegShape): void {
    const last = this.#shape;
    const sameSize = last?.widthPx === next.widthPx && last.heightPx === next.heightPx;
    if (
      sameSize &&
      last.type === next.type &&
      last.restartInterval === next.restartInterval &&
      last.tables === next.tables
    ) {
      return;
    }
    if (!sameSize) this.#version++;
    this.#shape = next;
    this.#header = buildJpegHeader(next);
  }
}

/** Tables of the same bytes; 8-bit and 16-bit ones differ in length. */
function isSame(tables: readonly Buffer[], buffer: Buffer, start: number, length: number): boolean {
  let at = start;
  for (const table of tables) {
    if (at + table.length > start + length) return false;
    if (table.compare(buffer, at, at + table.length) !== 0) return false;
    at += table.length;
  }
  return at === start + length;
}
