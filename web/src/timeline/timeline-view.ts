import type { TimelineGap, TimelineSegment } from '@nigehban/domain/footage.ts';
import { dayMs, startOfDayMs } from '../i18n/station-time.ts';

/** The part of a day that the timeline shows. */
export interface TimelineView {
  readonly fromMs: number;
  readonly spanMs: number;
}

export const shortestSpanMs = 60_000;
export const longestSpanMs = dayMs;

export function timeToX(view: TimelineView, widthPx: number, atMs: number): number {
  return ((atMs - view.fromMs) / view.spanMs) * widthPx;
}

export function xToTime(view: TimelineView, widthPx: number, x: number): number {
  return view.fromMs + (x / widthPx) * view.spanMs;
}

/** The view moved and sized so that it lies inside the day that starts at `dayStartMs`. */
export function clampView(view: TimelineView, dayStartMs: number): TimelineView {
  const spanMs = Math.min(longestSpanMs, Math.max(shortestSpanMs, view.spanMs));
  const latest = dayStartMs + dayMs - spanMs;
  return { fromMs: Math.min(latest, Math.max(dayStartMs, view.fromMs)), spanMs };
}

/** `factor` below 1 shows less time, larger; the moment `anchorMs` stays where it is. */
export function zoomView(
  view: TimelineView,
  factor: number,
  anchorMs: number,
  dayStartMs: number,
): TimelineView {
  const spanMs = Math.min(longestSpanMs, Math.max(shortestSpanMs, view.spanMs * factor));
  const share = (anchorMs - view.fromMs) / view.spanMs;
  return clampView({ fromMs: anchorMs - share * spanMs, spanMs }, dayStartMs);
}

export function panView(view: TimelineView, byMs: number, dayStartMs: number): TimelineView {
  return clampView({ ...view, fromMs: view.fromMs + byMs }, dayStartMs);
}

/** Moves only when the moment would be outside or in the outer twentieth: then it comes to a quarter. */
export function followView(view: TimelineView, atMs: number, dayStartMs: number): TimelineView {
  const margin = view.spanMs / 20;
  if (atMs >= view.fromMs + margin && atMs <= view.fromMs + view.spanMs - margin) return view;
  const wanted = clampView({ ...view, fromMs: atMs - view.spanMs / 4 }, dayStartMs);
  // At the ends of the day there is no room to follow: the same view again, not a new object.
  return wanted.fromMs === view.fromMs ? view : wanted;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const tickSteps = [
  5 * second,
  10 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
] as const;

export interface TimelineTicks {
  readonly stepMs: number;
  readonly atMs: readonly number[];
}

/** Round moments in the view, at least `spacingPx` apart, counted from the station's midnight. */
export function chooseTicks(view: TimelineView, widthPx: number, spacingPx: number): TimelineTicks {
  const leastMs = (spacingPx / widthPx) * view.spanMs;
  const stepMs = tickSteps.find((step) => step >= leastMs) ?? 6 * hour;
  const midnight = startOfDayMs(view.fromMs);
  const atMs: number[] = [];
  const first = midnight + Math.ceil((view.fromMs - midnight) / stepMs) * stepMs;
  for (let at = first; at <= view.fromMs + view.spanMs; at += stepMs) atMs.push(at);
  return { stepMs, atMs };
}

export interface RecordedRun {
  readonly startMs: number;
  readonly endMs: number;
}

/** Pieces that follow one another closer than this are one recording to the eye and the player. */
export const joinMs = 1_000;

/** A day's pieces of a minute as the few runs that they form. */
export function joinRuns(segments: readonly TimelineSegment[]): readonly RecordedRun[] {
  const runs: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of segments) {
    const last = runs.at(-1);
    if (last !== undefined && startMs - last.endMs <= joinMs) {
      last.endMs = Math.max(last.endMs, endMs);
    } else runs.push({ startMs, endMs });
  }
  return runs;
}

/** Start of the next gap after `atMs` (or before it, when `step` is −1); null when there is none. */
export function findGap(
  gaps: readonly TimelineGap[],
  atMs: number,
  step: 1 | -1,
): TimelineGap | null {
  // The player lands a little before a gap: from there the next one is meant.
  const tolerance = gapLeadInMs + 500;
  return step === 1
    ? (gaps.find((gap) => gap.startMs > atMs + tolerance) ?? null)
    : (gaps.findLast((gap) => gap.startMs < atMs - 500) ?? null);
}

/** Jumping to a gap starts this long before it: one wants to see the picture go. */
export const gapLeadInMs = 5_000;
