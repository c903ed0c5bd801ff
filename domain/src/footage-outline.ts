import type { CameraId } from './camera.ts';

/** What a player must know of a recorded piece before it asks for the bytes. */
export interface FootageOutline {
  /** Key of the piece: wall time of its first picture, microseconds. */
  readonly startUs: number;
  /** Wall time after its last picture. */
  readonly endUs: number;
  /** Equal for pieces that one decoder plays without being set up anew. */
  readonly initialisation: string;
  /** RFC 6381, video first. */
  readonly codec: string;
  /** Length of its video in media time, microseconds. */
  readonly durationUs: number;
  readonly frames: number;
  /** Bytes that this outline describes: the piece that is being written has more a second later. */
  readonly sizeBytes: number;
  readonly open: boolean;
}

/** What a media node has of a camera in a range, in order of time. */
export interface FootageOutlines {
  readonly cameraId: CameraId;
  readonly pieces: readonly FootageOutline[];
}

/** Longest range of one playlist or stream. */
export const longestPlaybackMs = 6 * 3_600_000;

/** Holes up to this are the clock's own (`docs/footage-format.md`), not gaps. */
export const clockHoleUs = 100_000;

/** The video codec of an RFC 6381 list. */
export function videoCodecOf(codec: string): string {
  return codec.split(',', 1)[0]?.trim() ?? '';
}

/** True when the sound beside the video is one that MP4 players know; G.711 is none. */
export function hasPlayableSound(codec: string): boolean {
  return codec
    .split(',')
    .slice(1)
    .some((part) => part.trim().startsWith('mp4a'));
}
