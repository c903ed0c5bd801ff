import { MediaError } from '../media-error.ts';
import { type BoxSpan, boxAt, child, children } from './box-reader.ts';
import type { ByteSource } from './byte-source.ts';
import { readTracks, type ScannedTrack } from './initialisation-reader.ts';

export interface ScannedFragment {
  /** Where its `prft` (or `moof`) begins; the first fragment's range begins after the initialisation. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly trackId: number;
  readonly sequence: number;
  /** Decoding time of the first sample in the track's timescale. */
  readonly decodeTicks: number;
  readonly durationTicks: number;
  readonly samples: number;
  readonly startsWithKey: boolean;
  /** Wall time of the first sample, microseconds; undefined without a `prft`. */
  readonly wallUs: number | undefined;
}

export interface RecordingScan {
  readonly tracks: readonly ScannedTrack[];
  readonly fragments: readonly ScannedFragment[];
  /** Bytes of `ftyp` and `moov`. */
  readonly initialisationBytes: number;
  /** End of the last whole fragment: what follows is torn. */
  readonly wholeBytes: number;
  readonly sizeBytes: number;
}

const maxMoovBytes = 1 << 20;
const maxMoofBytes = 1 << 20;
const maxFragments = 200_000;
const windowBytes = 16 << 10;
const ntpEpochSeconds = 2_208_988_800;

/**
 * Reads the structure of a fragmented MP4 file of this project's writer: the initialisation, then
 * `[prft] moof mdat` for each fragment up to the first that is not whole, where it stops: a torn or
 * foreign tail is not an error but `wholeBytes < sizeBytes`. Throws MP4_INVALID when there is no
 * whole initialisation. Memory is bounded whatever the file holds.
 */
export async function scanRecording(source: ByteSource): Promise<RecordingScan> {
  const reader = new Window(source);
  const { tracks, end } = await readInitialisation(reader);
  const fragments: ScannedFragment[] = [];
  let at = end;
  while (at < source.sizeBytes && fragments.length < maxFragments) {
    const fragment = await readFragment(reader, at);
    if (fragment === undefined) break;
    fragments.push(fragment);
    at = fragment.endOffset;
  }
  return {
    tracks,
    fragments,
    initialisationBytes: end,
    wholeBytes: at,
    sizeBytes: source.sizeBytes,
  };
}

async function readInitialisation(
  reader: Window,
): Promise<{ tracks: ScannedTrack[]; end: number }> {
  let at = 0;
  for (let boxes = 0; boxes < 16; boxes++) {
    const header = await reader.header(at);
    if (header === undefined) break;
    if (header.type !== 'moov') {
      if (header.type === 'moof' || header.type === 'mdat') break;
      at = header.end;
      continue;
    }
    const bytes = await reader.bytes(at, header.end, maxMoovBytes);
    const moov = bytes === undefined ? undefined : boxAt(bytes, 0, bytes.length);
    if (bytes === undefined || moov === undefined) break;
    const tracks = readTracks(bytes, moov, at);
    if (tracks.length === 0) throw new MediaError('MP4_INVALID', 'No track in moov');
    return { tracks, end: header.end };
  }
  throw new MediaError('MP4_INVALID', 'No whole initialisation (moov)');
}

async function readFragment(reader: Window, start: number): Promise<ScannedFragment | undefined> {
  let wallUs: number | undefined;
  let at = start;
  let header = await reader.header(at);
  if (header?.type === 'prft') {
    const bytes = await reader.bytes(at, header.end, 64);
    if (bytes === undefined || bytes.length < 24) return undefined;
    wallUs = ntpToUs(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
    at = header.end;
    header = await reader.header(at);
  }
  if (header?.type !== 'moof') return undefined;
  const bytes = await reader.bytes(at, header.end, maxMoofBytes);
  const moof = bytes === undefined ? undefined : boxAt(bytes, 0, bytes.length);
  if (bytes === undefined || moof === undefined) return undefined;
  const run = runOrUndefined(bytes, moof);
  // Only now: the next read may use the bytes' memory again.
  const mdat = await reader.header(header.end);
  if (run === undefined || mdat?.type !== 'mdat') return undefined;
  if (run.sizeBytes !== mdat.end - mdat.bodyStart) return undefined;
  return { startOffset: start, endOffset: mdat.end, wallUs, ...run };
}

function runOrUndefined(bytes: Buffer, moof: BoxSpan): ReturnType<typeof readRun> | undefined {
  try {
    return readRun(bytes, moof);
  } catch {
    return undefined;
  }
}

function readRun(bytes: Buffer, moof: BoxSpan) {
  const sequence = bytes.readUInt32BE(child(bytes, moof, 'mfhd').bodyStart + 4);
  const traf = child(bytes, moof, 'traf');
  const tfdt = child(bytes, traf, 'tfdt').bodyStart;
  const decodeTicks =
    bytes[tfdt] === 1 ? Number(bytes.readBigUInt64BE(tfdt + 4)) : bytes.readUInt32BE(tfdt + 4);
  const trackId = bytes.readUInt32BE(child(bytes, traf, 'tfhd').bodyStart + 4);
  let sizeBytes = 0;
  let durationTicks = 0;
  let samples = 0;
  let startsWithKey = false;
  for (const trun of children(bytes, traf.bodyStart, traf.end)) {
    if (trun.type !== 'trun') continue;
    const flags = bytes.readUIntBE(trun.bodyStart + 1, 3);
    if ((flags & 0x700) !== 0x700)
      throw new MediaError('MP4_INVALID', 'trun without sample fields');
    const count = bytes.readUInt32BE(trun.bodyStart + 4);
    const entryBytes = (flags & 0x800) !== 0 ? 16 : 12;
    let at = trun.bodyStart + 8 + ((flags & 1) !== 0 ? 4 : 0) + ((flags & 4) !== 0 ? 4 : 0);
    if (at + count * entryBytes !== trun.end) {
      throw new MediaError('MP4_INVALID', 'trun of another length than its samples');
    }
    if (samples === 0 && count > 0) startsWithKey = (bytes.readUInt32BE(at + 8) & 0x10000) === 0;
    for (let sample = 0; sample < count; sample++) {
      durationTicks += bytes.readUInt32BE(at);
      sizeBytes += bytes.readUInt32BE(at + 4);
      at += entryBytes;
    }
    samples += count;
  }
  return { sequence, trackId, decodeTicks, durationTicks, sizeBytes, samples, startsWithKey };
}

function ntpToUs(seconds: number, fraction: number): number {
  return (seconds - ntpEpochSeconds) * 1e6 + Math.round((fraction * 1e6) / 2 ** 32);
}

/** Reads ahead, so that a fragment's boxes usually cost one read. */
class Window {
  readonly #source: ByteSource;
  readonly #bytes = Buffer.allocUnsafe(windowBytes);
  #start = 0;
  #length = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The header of the box at `at`, when the whole box lies inside the source. */
  async header(at: number): Promise<BoxSpan | undefined> {
    const head = await this.#view(at, Math.min(16, this.#source.sizeBytes - at));
    if (head === undefined || head.length < 8) return undefined;
    let size = head.readUInt32BE(0);
    let headerBytes = 8;
    if (size === 1) {
      if (head.length < 16) return undefined;
      size = Number(head.readBigUInt64BE(8));
      headerBytes = 16;
    }
    if (size < headerBytes || at + size > this.#source.sizeBytes) return undefined;
    return {
      type: head.toString('latin1', 4, 8),
      bodyStart: at + headerBytes,
      end: at + size,
    };
  }

  /** The bytes from `start` to `end`, when they are not more than `limit`. Valid until the next call. */
  async bytes(start: number, end: number, limit: number): Promise<Buffer | undefined> {
    if (end - start > limit) return undefined;
    if (end - start <= windowBytes) return this.#view(start, end - start);
    const large = Buffer.allocUnsafe(end - start);
    const read = await this.#source.read(large, large.length, start);
    return read === large.length ? large : undefined;
  }

  async #view(at: number, length: number): Promise<Buffer | undefined> {
    if (length <= 0) return undefined;
    if (at < this.#start || at + length > this.#start + this.#length) {
      this.#start = at;
      this.#length = await this.#source.read(this.#bytes, windowBytes, at);
      if (this.#length < length) return undefined;
    }
    return this.#bytes.subarray(at - this.#start, at - this.#start + length);
  }
}
