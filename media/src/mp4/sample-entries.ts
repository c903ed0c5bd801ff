import type { AudioFormat } from '../codec/audio-format.ts';
import { pictureSize, type VideoFormat } from '../codec/video-format.ts';
import { MediaError } from '../media-error.ts';
import { ascii, box, fullBox, u8, u16, u32 } from './boxes.ts';

/** ISO/IEC 14496-1 tables 5 and 6: object types, and stream types with their reserved bit. */
const jpegObjectType = 0x6c;
const aacObjectType = 0x40;
const visualStream = 0x11;
const audioStream = 0x15;

/**
 * `avc1` with `avcC` (ISO/IEC 14496-15 §5.4.2), `hvc1` with `hvcC` (§8.4.1), or for motion JPEG `mp4v`
 * with `esds` (ISO/IEC 14496-14 §5.6).
 */
export function videoSampleEntry(format: VideoFormat): Buffer {
  const [type, configuration] = configurationOf(format);
  const { widthPx, heightPx } = pictureSize(format);
  return box(
    type,
    Buffer.alloc(6),
    u16(1), // data_reference_index
    Buffer.alloc(16),
    u16(widthPx, heightPx),
    u32(0x00480000, 0x00480000, 0), // 72 dpi
    u16(1), // frame_count
    Buffer.alloc(32), // compressorname
    u16(0x0018, 0xffff),
    configuration,
  );
}

/**
 * `mp4a` with `esds` for AAC. G.711 has no sample entry in the ISO registry; the QuickTime ones
 * `ulaw` and `alaw` are what ffmpeg and VLC read in an MP4 file. Browsers play no G.711 in MP4: the
 * playback path leaves the audio track out, which is why each fragment holds one track.
 */
export function audioSampleEntry(format: AudioFormat): Buffer {
  const [type, extra] =
    format.codec === 'MPEG4-GENERIC'
      ? ['mp4a', esds(aacObjectType, audioStream, format.config)]
      : [format.codec === 'PCMU' ? 'ulaw' : 'alaw', Buffer.alloc(0)];
  return box(
    type,
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(8),
    u16(format.channels, 16, 0, 0),
    u32((Math.min(format.sampleRateHz, 0xffff) << 16) >>> 0),
    extra,
  );
}

function configurationOf(format: VideoFormat): readonly [type: string, configuration: Buffer] {
  if (format.codec === 'H264') return ['avc1', avcConfiguration(format)];
  if (format.codec === 'H265') return ['hvc1', hevcConfiguration(format)];
  return ['mp4v', esds(jpegObjectType, visualStream)];
}

function avcConfiguration(format: Extract<VideoFormat, { codec: 'H264' }>): Buffer {
  const { sps } = format;
  const high = [100, 110, 122, 144, 244].includes(sps.profileIdc);
  return box(
    'avcC',
    u8(1, sps.profileIdc, sps.constraintFlags, sps.levelIdc, 0xff),
    u8(0xe0 | countUpTo(format.spsNals, 31)),
    ...format.spsNals.map(withLength),
    u8(countUpTo(format.ppsNals, 255)),
    ...format.ppsNals.map(withLength),
    high
      ? u8(
          0xfc | sps.chromaFormatIdc,
          0xf8 | (sps.bitDepthLuma - 8),
          0xf8 | (sps.bitDepthChroma - 8),
          0,
        )
      : Buffer.alloc(0),
  );
}

function hevcConfiguration(format: Extract<VideoFormat, { codec: 'H265' }>): Buffer {
  const { sps } = format;
  const { profile } = sps;
  const arrays = [
    { type: 32, nals: format.vpsNals },
    { type: 33, nals: format.spsNals },
    { type: 34, nals: format.ppsNals },
  ];
  return box(
    'hvcC',
    u8(1, (profile.profileSpace << 6) | (profile.tier ? 0x20 : 0) | profile.profileIdc),
    u32(profile.compatibilityFlags),
    u8(...profile.constraintBytes, profile.levelIdc),
    u16(0xf000), // min_spatial_segmentation_idc
    u8(0xfc, 0xfc | sps.chromaFormatIdc),
    u8(0xf8 | (sps.bitDepthLuma - 8), 0xf8 | (sps.bitDepthChroma - 8)),
    u16(0), // avgFrameRate
    u8((sps.temporalLayers << 3) | (sps.temporalIdNested ? 4 : 0) | 3, arrays.length),
    ...arrays.flatMap(({ type, nals }) => [
      u8(0x80 | type),
      u16(nals.length),
      ...nals.map(withLength),
    ]),
  );
}

/** ES_Descriptor of ISO/IEC 14496-1 §7.2.6.5, around an AudioSpecificConfig for AAC. */
function esds(objectType: number, streamType: number, config?: Buffer): Buffer {
  const specific = config === undefined ? [] : [descriptor(5, config)];
  const decoder = descriptor(4, u8(objectType, streamType, 0, 0, 0), u32(0, 0), ...specific);
  return fullBox('esds', 0, 0, descriptor(3, u16(0), u8(0), decoder, descriptor(6, u8(2))));
}

function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length > 127) throw new MediaError('LIMIT_EXCEEDED', 'Audio configuration too long');
  return Buffer.concat([u8(tag, body.length), body]);
}

function withLength(nal: Buffer): Buffer {
  return Buffer.concat([u16(nal.length), nal]);
}

function countUpTo(nals: readonly Buffer[], limit: number): number {
  if (nals.length > limit) {
    throw new MediaError('LIMIT_EXCEEDED', `${nals.length} parameter sets of one type`);
  }
  return nals.length;
}

/** `hdlr` names of both kinds. */
export function handler(kind: 'video' | 'audio'): Buffer {
  const type = kind === 'video' ? 'vide' : 'soun';
  return fullBox('hdlr', 0, 0, u32(0), ascii(type), Buffer.alloc(12), ascii(`${kind}\0`));
}
