import { type H264Sps, parseH264PpsIds, parseH264Sps } from './h264-parameter-sets.ts';
import {
  type H265ProfileTierLevel,
  type H265Sps,
  parseH265PpsId,
  parseH265Sps,
  parseH265VpsId,
} from './h265-parameter-sets.ts';

/** What a decoder must know before the first picture; a file's initialisation is made of it. */
export type VideoFormat =
  | {
      readonly codec: 'H264';
      readonly sps: H264Sps;
      /** NAL units by id. */
      readonly spsNals: readonly Buffer[];
      readonly ppsNals: readonly Buffer[];
    }
  | {
      readonly codec: 'H265';
      readonly sps: H265Sps;
      readonly vpsNals: readonly Buffer[];
      readonly spsNals: readonly Buffer[];
      readonly ppsNals: readonly Buffer[];
    }
  | { readonly codec: 'JPEG'; readonly widthPx: number; readonly heightPx: number };

/** The size of the pictures. */
export function pictureSize(format: VideoFormat): {
  readonly widthPx: number;
  readonly heightPx: number;
} {
  const { widthPx, heightPx } = format.codec === 'JPEG' ? format : format.sps;
  return { widthPx, heightPx };
}

interface StoredSet {
  readonly type: number;
  readonly id: number;
  readonly nal: Buffer;
}

/** Cameras use one set of each type; more than this is refused: it would not fit a file's front. */
const maxSets = 32;
const maxTotalBytes = 2048;

/**
 * The parameter sets of one video stream, from SDP first and in band afterwards: the newest of an id
 * wins. {@link version} grows when one changes, so that a new initialisation can be made.
 */
export class ParameterSets {
  readonly codec: 'H264' | 'H265';
  #sets: StoredSet[] = [];
  #version = 0;
  #rejected = 0;
  #format: VideoFormat | undefined;
  #formatVersion = -1;

  constructor(codec: 'H264' | 'H265') {
    this.codec = codec;
  }

  get version(): number {
    return this.#version;
  }

  /** Sets that were unreadable or too many. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Takes a NAL unit of a parameter-set type; copies it when it is new. */
  accept(buffer: Buffer, start: number, end: number): void {
    for (let index = 0; index < this.#sets.length; index++) {
      if (this.#sets[index]?.nal.compare(buffer, start, end) === 0) return;
    }
    const nal = Buffer.from(buffer.subarray(start, end));
    let type: number;
    let id: number;
    try {
      type = nalType(this.codec, nal);
      id = parameterSetId(this.codec, type, nal);
    } catch {
      this.#rejected += 1;
      return;
    }
    const others = this.#sets.filter((set) => set.type !== type || set.id !== id);
    const bytes = others.reduce((sum, set) => sum + set.nal.length, nal.length);
    if (others.length >= maxSets || bytes > maxTotalBytes) {
      this.#rejected += 1;
      return;
    }
    this.#sets = [...others, { type, id, nal }].sort((a, b) => a.type - b.type || a.id - b.id);
    this.#version += 1;
  }

  /** The format of the present sets; undefined until each needed type is there. */
  format(): VideoFormat | undefined {
    if (this.#formatVersion !== this.#version) {
      this.#format = this.#build();
      this.#formatVersion = this.#version;
    }
    return this.#format;
  }

  #build(): VideoFormat | undefined {
    const ofType = (type: number) =>
      this.#sets.filter((set) => set.type === type).map((set) => set.nal);
    if (this.codec === 'H264') {
      const spsNals = ofType(7);
      const ppsNals = ofType(8);
      const [first] = spsNals;
      if (first === undefined || ppsNals.length === 0) return undefined;
      return { codec: 'H264', sps: parseH264Sps(first), spsNals, ppsNals };
    }
    const vpsNals = ofType(32);
    const spsNals = ofType(33);
    const ppsNals = ofType(34);
    const [first] = spsNals;
    if (first === undefined || vpsNals.length === 0 || ppsNals.length === 0) return undefined;
    return { codec: 'H265', sps: parseH265Sps(first), vpsNals, spsNals, ppsNals };
  }
}

/** Motion JPEG as an MPEG-4 object type: 6C is ISO/IEC 10918-1 (RFC 6381 §3.3). */
export const jpegCodecString = 'mp4v.6C';

/** The codecs parameter of RFC 6381 for the sample entries avc1 (§3.3) and hvc1 (ISO/IEC 14496-15 annex E.3). */
export function videoCodecString(format: VideoFormat): string {
  if (format.codec === 'JPEG') return jpegCodecString;
  if (format.codec === 'H264') {
    const { profileIdc, constraintFlags, levelIdc } = format.sps;
    return avcCodecString(profileIdc, constraintFlags, levelIdc);
  }
  return hevcCodecString(format.sps.profile);
}

export function avcCodecString(profileIdc: number, constraints: number, levelIdc: number): string {
  return `avc1.${[profileIdc, constraints, levelIdc].map(hexByte).join('')}`;
}

export function hevcCodecString(profile: H265ProfileTierLevel): string {
  const space = ['', 'A', 'B', 'C'][profile.profileSpace] ?? '';
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) {
    if ((profile.compatibilityFlags >>> bit) & 1) reversed += 2 ** (31 - bit);
  }
  const constraints = [...profile.constraintBytes];
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  return [
    `hvc1.${space}${profile.profileIdc}`,
    reversed.toString(16).toUpperCase(),
    `${profile.tier ? 'H' : 'L'}${profile.levelIdc}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}

function nalType(codec: 'H264' | 'H265', nal: Buffer): number {
  const first = nal[0] ?? 0;
  return codec === 'H264' ? first & 0x1f : (first >> 1) & 0x3f;
}

function parameterSetId(codec: 'H264' | 'H265', type: number, nal: Buffer): number {
  if (codec === 'H264') return type === 7 ? parseH264Sps(nal).id : parseH264PpsIds(nal).id;
  if (type === 32) return parseH265VpsId(nal);
  return type === 33 ? parseH265Sps(nal).id : parseH265PpsId(nal);
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
