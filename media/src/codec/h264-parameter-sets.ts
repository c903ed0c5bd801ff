import { MediaError } from '../media-error.ts';
import { RbspReader } from './rbsp-reader.ts';

/** What a recorder needs of an H.264 sequence parameter set (ISO/IEC 14496-10 §7.3.2.1.1). */
export interface H264Sps {
  readonly id: number;
  readonly profileIdc: number;
  /** The byte of the constraint_set flags. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** After cropping. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** From the VUI's timing; null when it has none. */
  readonly frameRateFps: number | null;
}

const profilesWithChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Parses a NAL unit of type 7; throws PARAMETER_SETS_INVALID. */
export function parseH264Sps(nal: Uint8Array): H264Sps {
  const reader = new RbspReader(nal, 1);
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = atMost(reader.unsigned(), 31, 'seq_parameter_set_id');
  let chromaFormatIdc = 1;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  let separateColourPlanes = false;
  if (profilesWithChroma.has(profileIdc)) {
    chromaFormatIdc = atMost(reader.unsigned(), 3, 'chroma_format_idc');
    if (chromaFormatIdc === 3) separateColourPlanes = reader.flag();
    bitDepthLuma = 8 + atMost(reader.unsigned(), 6, 'bit_depth_luma_minus8');
    bitDepthChroma = 8 + atMost(reader.unsigned(), 6, 'bit_depth_chroma_minus8');
    reader.skip(1);
    if (reader.flag()) skipScalingLists(reader, chromaFormatIdc === 3 ? 12 : 8);
  }
  reader.unsigned(); // log2_max_frame_num_minus4
  const pictureOrderType = atMost(reader.unsigned(), 2, 'pic_order_cnt_type');
  if (pictureOrderType === 0) {
    reader.unsigned();
  } else if (pictureOrderType === 1) {
    reader.skip(1);
    reader.signed();
    reader.signed();
    const cycle = atMost(reader.unsigned(), 255, 'num_ref_frames_in_pic_order_cnt_cycle');
    for (let index = 0; index < cycle; index++) reader.signed();
  }
  reader.unsigned(); // max_num_ref_frames
  reader.skip(1);
  const widthMacroblocks = reader.unsigned() + 1;
  const heightMapUnits = reader.unsigned() + 1;
  const framesOnly = reader.flag();
  if (!framesOnly) reader.skip(1);
  reader.skip(1);
  let cropX = 0;
  let cropY = 0;
  if (reader.flag()) {
    cropX = reader.unsigned() + reader.unsigned();
    cropY = reader.unsigned() + reader.unsigned();
  }
  const chromaArrayType = separateColourPlanes ? 0 : chromaFormatIdc;
  const cropUnitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
  const cropUnitY = (chromaArrayType === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
  const widthPx = widthMacroblocks * 16 - cropX * cropUnitX;
  const heightPx = heightMapUnits * 16 * (framesOnly ? 1 : 2) - cropY * cropUnitY;
  if (widthPx < 1 || heightPx < 1 || widthPx > 16384 || heightPx > 16384) {
    throw new MediaError('PARAMETER_SETS_INVALID', `Picture of ${widthPx}x${heightPx} pixels`);
  }
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    widthPx,
    heightPx,
    frameRateFps: readVuiFrameRate(reader),
  };
}

/** The ids of a NAL unit of type 8; throws PARAMETER_SETS_INVALID. */
export function parseH264PpsIds(nal: Uint8Array): { id: number; spsId: number } {
  const reader = new RbspReader(nal, 1);
  const id = atMost(reader.unsigned(), 255, 'pic_parameter_set_id');
  return { id, spsId: atMost(reader.unsigned(), 31, 'seq_parameter_set_id') };
}

/** VUI (§E.1.1) up to the timing; real cameras cut it short, so trouble here means "unknown". */
function readVuiFrameRate(reader: RbspReader): number | null {
  try {
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
    if (!reader.flag()) return null;
    const unitsInTick = reader.bits(32);
    const timeScale = reader.bits(32);
    if (unitsInTick === 0 || timeScale === 0) return null;
    return timeScale / unitsInTick / 2;
  } catch {
    return null;
  }
}

function skipScalingLists(reader: RbspReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    const size = list < 6 ? 16 : 64;
    let last = 8;
    for (let index = 0; index < size; index++) {
      const next = (last + reader.signed() + 256) % 256;
      if (next === 0) break;
      last = next;
    }
  }
}

function atMost(value: number, limit: number, name: string): number {
  if (value > limit) {
    throw new MediaError('PARAMETER_SETS_INVALID', `${name} is ${value}, above ${limit}`);
  }
  return value;
}
