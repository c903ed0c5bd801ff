import type { AudioFormat } from '../codec/audio-format.ts';
import { pictureSize, type VideoFormat } from '../codec/video-format.ts';
import { ascii, box, fullBox, u16, u32 } from './boxes.ts';
import { audioSampleEntry, handler, videoSampleEntry } from './sample-entries.ts';

/** Track ids of every file that this writer makes. */
export const videoTrackId = 1;
export const audioTrackId = 2;

export interface InitialisationTracks {
  readonly video: { readonly format: VideoFormat; readonly timescaleHz: number };
  readonly audio?: { readonly format: AudioFormat } | undefined;
}

const epoch1904Seconds = 2_082_844_800;
const unityMatrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/**
 * `ftyp` and `moov` of a fragmented file (ISO/IEC 14496-12 §8.8): no samples, one `trex` per track.
 * `startUs` is the wall time of the first sample, shown as the creation time in whole seconds.
 */
export function buildInitialisation(tracks: InitialisationTracks, startUs: number): Buffer {
  const created = Math.floor(startUs / 1e6) + epoch1904Seconds;
  const { format, timescaleHz } = tracks.video;
  const traks = [
    track({
      id: videoTrackId,
      kind: 'video',
      created,
      timescaleHz,
      sampleEntry: videoSampleEntry(format),
      ...pictureSize(format),
    }),
  ];
  const trexes = [trex(videoTrackId)];
  if (tracks.audio !== undefined) {
    traks.push(
      track({
        id: audioTrackId,
        kind: 'audio',
        created,
        timescaleHz: tracks.audio.format.sampleRateHz,
        sampleEntry: audioSampleEntry(tracks.audio.format),
        widthPx: 0,
        heightPx: 0,
      }),
    );
    trexes.push(trex(audioTrackId));
  }
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    u32(created, created, 1000, 0, 0x10000),
    u16(0x100, 0),
    u32(0, 0),
    unityMatrix,
    Buffer.alloc(24),
    u32(traks.length + 1),
  );
  return Buffer.concat([
    box('ftyp', ascii('iso6'), u32(0x200), ascii('iso6mp41')),
    box('moov', mvhd, ...traks, box('mvex', ...trexes)),
  ]);
}

interface TrackShape {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  readonly created: number;
  readonly timescaleHz: number;
  readonly sampleEntry: Buffer;
  readonly widthPx: number;
  readonly heightPx: number;
}

function track(shape: TrackShape): Buffer {
  const { id, kind, created } = shape;
  const tkhd = fullBox(
    'tkhd',
    0,
    3, // enabled, in movie
    u32(created, created, id, 0, 0, 0, 0),
    u16(0, 0, kind === 'audio' ? 0x100 : 0, 0),
    unityMatrix,
    u32(shape.widthPx * 0x10000, shape.heightPx * 0x10000),
  );
  const mdhd = fullBox('mdhd', 0, 0, u32(created, created, shape.timescaleHz, 0), u16(0x55c4, 0));
  const mediaHeader =
    kind === 'video' ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0));
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), shape.sampleEntry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  return box('trak', tkhd, box('mdia', mdhd, handler(kind), box('minf', mediaHeader, dinf, stbl)));
}

function trex(id: number): Buffer {
  return fullBox('trex', 0, 0, u32(id, 1, 0, 0, 0));
}
