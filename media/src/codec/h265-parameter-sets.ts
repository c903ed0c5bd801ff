import { MediaError } from '../media-error.ts';
import { RbspReader } from './rbsp-reader.ts';

/** profile_tier_level without sub-layers (ISO/IEC 23008-2 §7.3.3). */
export interface H265ProfileTierLevel {
  readonly profileSpace: number;
  readonly tier: boolean;
  readonly profileIdc: number;
  readonly compatibilityFlags: number;
  /** The 48 bits of progressive_source_flag … general_reserved_zero_bits as six bytes. */
  readonly constraintBytes: readonly number[];
  readonly levelIdc: number;
}

/** What a recorder needs of an H.265 sequence parameter set (ISO/IEC 23008-2 §7.3.2.2). */
export interface H265Sps {
  readonly id: number;
  readonly profile: H265ProfileTierLevel;
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** After the conformance window. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** From the VUI's timing; null when it has none or it lies behind fields that are not read. */
  readonly frameRateFps: number | null;
}

/** Parses a NAL unit of type 33; throws PARAMETER_SETS_INVALID. */
export function parseH265Sps(nal: Uint8Array): H265Sps {
  const reader = new RbspReader(nal, 2);
  reader.skip(4);
  const maxSubLayersMinus1 = reader.bits(3);
  if (maxSubLayersMinus1 > 6) throw invalid('sps_max_sub_layers_minus1 is 7');
  const temporalIdNested = reader.flag();
  const profile = readProfileTierLevel(reader, maxSubLayersMinus1);
  const id = reader.unsigned();
  if (id > 15) throw invalid(`sps_seq_parameter_set_id is ${id}`);
  const chromaFormatIdc = reader.unsigned();
  if (chromaFormatIdc > 3) throw invalid(`chroma_format_idc is ${chromaFormatIdc}`);
  const separateColourPlanes = chromaFormatIdc === 3 && reader.flag();
  let widthPx = reader.unsigned();
  let heightPx = reader.unsigned();
  if (reader.flag()) {
    const unitX = !separateColourPlanes && (chromaFormatIdc === 1 || chromaFormatIdc === 2) ? 2 : 1;
    const unitY = !separateColourPlanes && chromaFormatIdc === 1 ? 2 : 1;
    widthPx -= (reader.unsigned() + reader.unsigned()) * unitX;
    heightPx -= (reader.unsigned() + reader.unsigned()) * unitY;
  }
  if (widthPx < 1 || heightPx < 1 || widthPx > 16384 || heightPx > 16384) {
    throw invalid(`picture of ${widthPx}x${heightPx} pixels`);
  }
  const bitDepthLuma = 8 + reader.unsigned();
  const bitDepthChroma = 8 + reader.unsigned();
  if (bitDepthLuma > 16 || bitDepthChroma > 16) throw invalid('bit depth above 16');
  return {
    id,
    profile,
    temporalLayers: maxSubLayersMinus1 + 1,
    temporalIdNested,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    widthPx,
    heightPx,
    frameRateFps: readFrameRate(reader, maxSubLayersMinus1),
  };
}

/** vps_video_parameter_set_id of a NAL unit of type 32; throws PARAMETER_SETS_INVALID. */
export function parseH265VpsId(nal: Uint8Array): number {
  return new RbspReader(nal, 2).bits(4);
}

/** pps_pic_parameter_set_id of a NAL unit of type 34; throws PARAMETER_SETS_INVALID. */
export function parseH265PpsId(nal: Uint8Array): number {
  const id = new RbspReader(nal, 2).unsigned();
  if (id > 63) throw invalid(`pps_pic_parameter_set_id is ${id}`);
  return id;
}

function readProfileTierLevel(
  reader: RbspReader,
  maxSubLayersMinus1: number,
): H265ProfileTierLevel {
  const profileSpace = reader.bits(2);
  const tier = reader.flag();
  const profileIdc = reader.bits(5);
  const compatibilityFlags = reader.bits(32);
  const constraintBytes: number[] = [];
  for (let index = 0; index < 6; index++) constraintBytes.push(reader.bits(8));
  const levelIdc = reader.bits(8);
  const present: { profile: boolean; level: boolean }[] = [];
  for (let layer = 0; layer < maxSubLayersMinus1; layer++) {
    present.push({ profile: reader.flag(), level: reader.flag() });
  }
  if (maxSubLayersMinus1 > 0) reader.skip(2 * (8 - maxSubLayersMinus1));
  for (const layer of present) {
    if (layer.profile) reader.skip(88);
    if (layer.level) reader.skip(8);
  }
  return { profileSpace, tier, profileIdc, compatibilityFlags, constraintBytes, levelIdc };
}

/** Walks to vui_timing_info (§E.2.1); trouble or predicted reference picture sets mean "unknown". */
function readFrameRate(reader: RbspReader, maxSubLayersMinus1: number): number | null {
  try {
    const picOrderBits = reader.unsigned() + 4;
    const subLayerInfo = reader.flag();
    for (let layer = subLayerInfo ? 0 : maxSubLayersMinus1; layer <= maxSubLayersMinus1; layer++) {
      reader.unsigned();
      reader.unsigned();
      reader.unsigned();
    }
    for (let field = 0; field < 6; field++) reader.unsigned();
    if (reader.flag() && reader.flag()) return null; // explicit scaling lists
    reader.skip(2);
    if (reader.flag()) {
      reader.skip(8);
      reader.unsigned();
      reader.unsigned();
      reader.skip(1);
    }
    const pictureSets = reader.unsigned();
    for (let index = 0; index < pictureSets; index++) {
      if (index > 0 && reader.flag()) return null;
      const negative = reader.unsigned();
      const positive = reader.unsigned();
      if (negative + positive > 16) return null;
      for (let picture = 0; picture < negative + positive; picture++) {
        reader.unsigned();
        reader.skip(1);
      }
    }
    if (reader.flag()) {
      const longTerm = reader.unsigned();
      for (let index = 0; index < longTerm; index++) reader.skip(picOrderBits + 1);
    }
    reader.skip(2);
    return readVuiFrameRate(reader);
  } catch {
    return null;
  }
}

function readVuiFrameRate(reader: RbspReader): number | null {
  if (!reader.flag()) return null;
  if (reader.flag() && reader.bits(8) === 255) reader.skip(32);
  if (reader.flag()) reader.skip(1);
  if (reader.flag()) {
    reader.skip(4);
    if (reader.flag()) reader.skip(24);
  }
  if (reader.flag()) {
    reader.unsigned();
    reader.unsigned();
  }
  reader.skip(3);
  if (reader.flag()) for (let edge = 0; edge < 4; edge++) reader.unsigned();
  if (!reader.flag()) return null;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  return unitsInTick === 0 || timeScale === 0 ? null : timeScale / unitsInTick;
}

function invalid(what: string): MediaError {
  return new MediaError('PARAMETER_SETS_INVALID', `H.265 parameter set: ${what}`);
}
