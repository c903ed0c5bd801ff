/**
 * As much of ISO/IEC 14496-12 as playback needs: cuts a byte stream into whole top-level boxes and
 * leaves the video track alone in them. Tracks are taken out by renaming their boxes to `free`, which
 * keeps all sizes and offsets: cameras' G.711 sound would make Media Source refuse the whole file.
 */
const headerBytes = 8;
/** A fragment of a second at 50 Mbit/s is 6 MB: what claims more is no recording. */
const longestBoxBytes = 64 * 1024 * 1024;
const wantedTypes = new Set(['ftyp', 'moov', 'moof', 'mdat']);

function readType(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface Box {
  readonly type: string;
  readonly at: number;
  readonly end: number;
}

function* children(view: DataView, from: number, end: number): Generator<Box> {
  let at = from;
  while (at + headerBytes <= end) {
    const size = view.getUint32(at);
    if (size < headerBytes || at + size > end) return;
    yield { type: readType(view, at + 4), at, end: at + size };
    at += size;
  }
}

function find(view: DataView, parent: Box, ...path: readonly string[]): Box | null {
  let box: Box = parent;
  for (const type of path) {
    const child = [...children(view, box.at + headerBytes, box.end)].find(
      (candidate) => candidate.type === type,
    );
    if (child === undefined) return null;
    box = child;
  }
  return box;
}

function hide(view: DataView, box: Box): void {
  'free'.split('').forEach((letter, index) => {
    view.setUint8(box.at + 4 + index, letter.charCodeAt(0));
  });
}

/** Takes a piece's bytes as they come and gives the boxes that Media Source shall have. */
export class VideoBoxReader {
  readonly #hiddenTracks = new Set<number>();
  #rest = new Uint8Array(0);
  #consumedBytes = 0;

  /** Bytes of the piece that were given out or dropped as whole boxes: where to go on from. */
  get consumedBytes(): number {
    return this.#consumedBytes;
  }

  /** Forgets a box that has only come in part: the next bytes start at {@link consumedBytes}. */
  dropPart(): void {
    this.#rest = new Uint8Array(0);
  }

  /** @throws RangeError when the bytes are not ISO boxes. */
  push(chunk: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const view = viewOf(bytes);
    const boxes: Uint8Array<ArrayBuffer>[] = [];
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const size = view.getUint32(at);
      if (size < headerBytes || size > longestBoxBytes) {
        throw new RangeError(`box of ${size} bytes`);
      }
      if (at + size > bytes.length) break;
      const type = readType(view, at + 4);
      if (wantedTypes.has(type)) {
        const box = bytes.slice(at, at + size);
        if (type === 'moov') this.#hideInMovie(box);
        if (type === 'moof') this.#hideInFragment(box);
        boxes.push(box);
      }
      at += size;
    }
    this.#consumedBytes += at;
    this.#rest = bytes.slice(at);
    return boxes;
  }

  #hideInMovie(bytes: Uint8Array): void {
    const view = viewOf(bytes);
    const movie: Box = { type: 'moov', at: 0, end: bytes.length };
    for (const track of children(view, headerBytes, bytes.length)) {
      if (track.type !== 'trak') continue;
      const handler = find(view, track, 'mdia', 'hdlr');
      const header = find(view, track, 'tkhd');
      if (handler === null || header === null) continue;
      // hdlr: version and flags, pre_defined, handler_type.
      if (readType(view, handler.at + 16) === 'vide') continue;
      // tkhd: version 1 has 64-bit times before track_ID.
      const wide = view.getUint8(header.at + 8) === 1;
      this.#hiddenTracks.add(view.getUint32(header.at + (wide ? 28 : 20)));
      hide(view, track);
    }
    const extends_ = find(view, movie, 'mvex');
    if (extends_ === null) return;
    for (const box of children(view, extends_.at + headerBytes, extends_.end)) {
      if (box.type === 'trex' && this.#hiddenTracks.has(view.getUint32(box.at + 12))) {
        hide(view, box);
      }
    }
  }

  #hideInFragment(bytes: Uint8Array): void {
    if (this.#hiddenTracks.size === 0) return;
    const view = viewOf(bytes);
    for (const box of children(view, headerBytes, bytes.length)) {
      if (box.type !== 'traf') continue;
      const header = find(view, box, 'tfhd');
      if (header !== null && this.#hiddenTracks.has(view.getUint32(header.at + 12))) {
        hide(view, box);
      }
    }
  }
}
