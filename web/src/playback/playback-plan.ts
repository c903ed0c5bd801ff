import type { GapCause, Timeline, TimelineSegment } from '@nigehban/domain/footage.ts';
import { joinMs } from '../timeline/timeline-view.ts';

/** What there is at a moment of the timeline. */
export type Place =
  | { readonly kind: 'recorded'; readonly segment: TimelineSegment }
  | {
      readonly kind: 'gap';
      /** End of what was recorded before; null when nothing was. */
      readonly fromMs: number | null;
      readonly next: TimelineSegment;
      /** Null when the chain tells no cause. */
      readonly cause: GapCause | null;
    }
  /** Nothing recorded at or after it; `last` is the newest piece before. */
  | { readonly kind: 'nothing'; readonly last: TimelineSegment | null };

/** First index whose segment ends after `atMs`; segments are in order and do not overlap. */
function indexAt(segments: readonly TimelineSegment[], atMs: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle]?.endMs ?? 0) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Holes shorter than a second between pieces count as recorded: the player hops over them. */
export function locate(timeline: Timeline, atMs: number): Place {
  const { segments, gaps } = timeline;
  const index = indexAt(segments, atMs);
  const segment = segments[index];
  const before = segments[index - 1] ?? null;
  if (segment === undefined) return { kind: 'nothing', last: before };
  const near = before !== null && segment.startMs - before.endMs <= joinMs;
  if (atMs >= segment.startMs || near) return { kind: 'recorded', segment };
  const cause = gaps.find((gap) => gap.startMs <= atMs + 1 && gap.endMs > atMs)?.cause;
  const nearestCause = gaps.findLast((gap) => gap.endMs <= segment.startMs + joinMs)?.cause;
  return {
    kind: 'gap',
    fromMs: before?.endMs ?? null,
    next: segment,
    cause: cause ?? (before === null ? null : (nearestCause ?? null)),
  };
}

/** The piece that follows `segment` without a gap; null when there is none. */
export function following(timeline: Timeline, segment: TimelineSegment): TimelineSegment | null {
  const index = timeline.segments.findIndex((other) => other.startUs === segment.startUs);
  const next = index === -1 ? undefined : timeline.segments[index + 1];
  return next !== undefined && next.startMs - segment.endMs <= joinMs ? next : null;
}

/** The recorded moment nearest to `atMs`; null when nothing is recorded at all. */
export function nearestRecorded(timeline: Timeline, atMs: number): number | null {
  const place = locate(timeline, atMs);
  switch (place.kind) {
    case 'recorded':
      return Math.max(atMs, place.segment.startMs);
    case 'gap': {
      const { fromMs, next } = place;
      return fromMs !== null && atMs - fromMs < next.startMs - atMs ? fromMs - 1_000 : next.startMs;
    }
    case 'nothing':
      return place.last === null ? null : Math.max(place.last.startMs, place.last.endMs - 1_000);
  }
}

/** The video codec of an RFC 6381 list; recordings are played without their sound. */
export function videoCodecOf(codec: string): string {
  return codec.split(',')[0]?.trim() ?? '';
}

/** `H.264`, `H.265` or the code itself, for people. */
export function codecName(codec: string): string {
  const video = videoCodecOf(codec);
  if (/^avc/i.test(video)) return 'H.264';
  if (/^h(vc|ev)/i.test(video)) return 'H.265';
  return video;
}
