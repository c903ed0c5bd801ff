import { clockHoleUs } from '@nigehban/domain/footage-outline.ts';
import type { ScannedTrack } from '@nigehban/media/mp4/initialisation-reader.ts';
import type { ScannedFragment } from '@nigehban/media/mp4/recording-scan.ts';

/** Where a fragment goes in the media time of a stream. */
export type PlaceFragment = (fragment: ScannedFragment) => {
  readonly decodeTicks: number;
  readonly sequence: number;
};

/**
 * Media time of one continuous stream over several segments, whose own times begin at 0 each. Media
 * time 0 is the first fragment; it follows the wall time: a gap is a hole as long as the gap was,
 * holes of the clock are closed, and decoding times of a track never run backwards.
 */
export class StreamTimeline {
  #originUs: number | undefined;
  /** End of each track so far, in seconds. */
  readonly #ends = new Map<number, number>();
  #sequence = 0;

  /** The next segment, whose first video fragment taken is `first`, at `wallUs`. */
  begin(
    tracks: readonly ScannedTrack[],
    videoId: number,
    first: { readonly decodeTicks: number; readonly wallUs: number },
  ): PlaceFragment {
    const rates = new Map(tracks.map((track) => [track.id, track.timescaleHz]));
    const rateOf = (trackId: number) => rates.get(trackId) ?? 90_000;
    this.#originUs ??= first.wallUs;
    const endedAt = this.#ends.get(videoId) ?? 0;
    const wall = (first.wallUs - this.#originUs) / 1e6;
    const startsAt = wall - endedAt > clockHoleUs / 1e6 ? wall : endedAt;
    const shift = startsAt - first.decodeTicks / rateOf(videoId);
    return (fragment) => {
      const rate = rateOf(fragment.trackId);
      const wished = Math.round(shift * rate) + fragment.decodeTicks;
      const endTicks = Math.round((this.#ends.get(fragment.trackId) ?? 0) * rate);
      const decodeTicks = Math.max(wished, endTicks, 0);
      this.#ends.set(fragment.trackId, (decodeTicks + fragment.durationTicks) / rate);
      this.#sequence += 1;
      return { decodeTicks, sequence: this.#sequence };
    };
  }
}

/** Places one segment alone so that its first picture is at `atUs` of media time. */
export function placeSegmentAt(
  atUs: number,
  tracks: readonly ScannedTrack[],
  video: { readonly firstTicks: number; readonly timescaleHz: number },
): PlaceFragment {
  const rates = new Map(tracks.map((track) => [track.id, track.timescaleHz]));
  const shift = atUs / 1e6 - video.firstTicks / video.timescaleHz;
  return (fragment) => ({
    decodeTicks: Math.max(
      0,
      fragment.decodeTicks + Math.round(shift * (rates.get(fragment.trackId) ?? 90_000)),
    ),
    sequence: fragment.sequence,
  });
}
