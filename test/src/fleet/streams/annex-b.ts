export type VideoCodec = 'H264' | 'H265';

/** One coded picture: its NAL units without start codes, parameter sets and delimiters included. */
export interface AccessUnit {
  readonly nalUnits: readonly Buffer[];
  readonly isKeyFrame: boolean;
}

/** The NAL units of a byte stream (ITU-T H.264 and H.265 Annex B), without their start codes. */
export function splitAnnexB(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = -1;
  for (let index = 0; index + 2 < stream.length; index += 1) {
    if (stream[index + 2] !== 1) {
      // A start code cannot begin in the next two places either unless this byte is 0.
      if (stream[index + 2] !== 0) index += 2;
      continue;
    }
    if (stream[index] !== 0 || stream[index + 1] !== 0) {
      index += 2;
      continue;
    }
    if (start >= 0) {
      const end = index > start && stream[index - 1] === 0 ? index - 1 : index;
      units.push(stream.subarray(start, end));
    }
    start = index + 3;
    index += 2;
  }
  if (start >= 0) units.push(stream.subarray(start));
  return units;
}

interface NalKind {
  readonly isSlice: boolean;
  readonly isKeySlice: boolean;
  readonly isFirstSlice: boolean;
  /** Nothing but a slice continues a picture; these open the next one. */
  readonly opensPicture: boolean;
}

function kindOf(codec: VideoCodec, unit: Buffer): NalKind {
  const first = unit[0] ?? 0;
  if (codec === 'H264') {
    const type = first & 0x1f;
    const isSlice = type >= 1 && type <= 5;
    return {
      isSlice,
      isKeySlice: type === 5,
      // first_mb_in_slice is ue(v): 0 is the single bit 1.
      isFirstSlice: isSlice && ((unit[1] ?? 0) & 0x80) !== 0,
      opensPicture: type >= 6 && type <= 9,
    };
  }
  const type = (first >> 1) & 0x3f;
  const isSlice = type < 32;
  return {
    isSlice,
    isKeySlice: type >= 16 && type <= 23,
    isFirstSlice: isSlice && ((unit[2] ?? 0) & 0x80) !== 0,
    opensPicture: (type >= 32 && type <= 35) || type === 39,
  };
}

/** Groups a byte stream's NAL units into coded pictures. */
export function splitAccessUnits(codec: VideoCodec, stream: Buffer): AccessUnit[] {
  const pictures: AccessUnit[] = [];
  let current: Buffer[] = [];
  let hasSlice = false;
  let isKeyFrame = false;
  const close = () => {
    if (hasSlice) pictures.push({ nalUnits: current, isKeyFrame });
    current = [];
    hasSlice = false;
    isKeyFrame = false;
  };
  for (const unit of splitAnnexB(stream)) {
    const kind = kindOf(codec, unit);
    if (hasSlice && (kind.isFirstSlice || kind.opensPicture)) close();
    current.push(unit);
    hasSlice ||= kind.isSlice;
    isKeyFrame ||= kind.isKeySlice;
  }
  close();
  return pictures;
}

/** The parameter sets of a stream: for H.264 SPS and PPS, for H.265 VPS, SPS and PPS. */
export function parameterSetsOf(codec: VideoCodec, unit: AccessUnit): Buffer[] {
  return unit.nalUnits.filter((nal) => isParameterSet(codec, nal));
}

export function isParameterSet(codec: VideoCodec, nal: Buffer): boolean {
  const first = nal[0] ?? 0;
  if (codec === 'H264') return (first & 0x1f) === 7 || (first & 0x1f) === 8;
  const type = (first >> 1) & 0x3f;
  return type >= 32 && type <= 34;
}

/** Supplemental information and delimiters, which a stream can do without. */
export function isSupplement(codec: VideoCodec, nal: Buffer): boolean {
  const first = nal[0] ?? 0;
  if (codec === 'H264') return (first & 0x1f) === 6;
  const type = (first >> 1) & 0x3f;
  return type === 39 || type === 40;
}
