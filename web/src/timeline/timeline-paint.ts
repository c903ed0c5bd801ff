import type { Timeline } from '@nigehban/domain/footage.ts';
import { dayMs, formatMinute, formatTime } from '../i18n/station-time.ts';
import { chooseTicks, joinRuns, type TimelineView, timeToX } from './timeline-view.ts';

export interface TimelineColours {
  readonly recorded: string;
  readonly gap: string;
  readonly empty: string;
  readonly line: string;
  readonly text: string;
  readonly head: string;
  readonly surface: string;
}

export interface TimelinePicture {
  readonly timeline: Timeline | null;
  readonly view: TimelineView;
  readonly dayStartMs: number;
  readonly nowMs: number;
  readonly atMs: number;
  readonly hoverMs: number | null;
  readonly colours: TimelineColours;
  readonly font: string;
}

export const timelineHeightPx = 84;
const overviewPx = 10;
const bandTopPx = 20;
const bandPx = 36;
const tickTopPx = bandTopPx + bandPx;

/** Draws the timeline: overview of the day above, band of the view, hours below, play head over all. */
export function paintTimeline(
  context: CanvasRenderingContext2D,
  widthPx: number,
  picture: TimelinePicture,
): void {
  const { colours, view } = picture;
  context.clearRect(0, 0, widthPx, timelineHeightPx);
  context.font = picture.font;
  context.textBaseline = 'top';
  const day: TimelineView = { fromMs: picture.dayStartMs, spanMs: dayMs };
  paintBand(context, widthPx, picture, day, 0, overviewPx);
  const windowX = timeToX(day, widthPx, view.fromMs);
  context.strokeStyle = colours.text;
  context.lineWidth = 1;
  context.strokeRect(
    windowX + 0.5,
    0.5,
    Math.max(3, (view.spanMs / dayMs) * widthPx - 1),
    overviewPx - 1,
  );
  paintBand(context, widthPx, picture, view, bandTopPx, bandPx);
  paintTicks(context, widthPx, picture);
  if (picture.hoverMs !== null) {
    const x = timeToX(view, widthPx, picture.hoverMs);
    paintLabel(context, widthPx, x, picture.hoverMs, colours.surface, colours.text);
  }
  paintHead(context, widthPx, picture);
}

function paintBand(
  context: CanvasRenderingContext2D,
  widthPx: number,
  picture: TimelinePicture,
  view: TimelineView,
  top: number,
  height: number,
): void {
  const { colours, timeline } = picture;
  const nowX = Math.max(0, Math.min(widthPx, timeToX(view, widthPx, picture.nowMs)));
  context.fillStyle = colours.empty;
  context.fillRect(0, top, nowX, height);
  context.strokeStyle = colours.line;
  context.strokeRect(0.5, top + 0.5, widthPx - 1, height - 1);
  if (timeline === null) return;
  context.fillStyle = colours.recorded;
  for (const run of joinRuns(timeline.segments)) {
    const x = timeToX(view, widthPx, run.startMs);
    const end = timeToX(view, widthPx, run.endMs);
    if (end < 0 || x > widthPx) continue;
    context.fillRect(x, top + 1, Math.max(1, end - x), height - 2);
  }
  for (const gap of timeline.gaps) {
    const x = timeToX(view, widthPx, gap.startMs);
    const end = timeToX(view, widthPx, gap.endMs);
    if (end < 0 || x > widthPx) continue;
    paintHatch(context, x, top + 1, Math.max(2, end - x), height - 2, colours);
  }
}

/** Hatched, so that a gap differs from a recording without its colour too. */
function paintHatch(
  context: CanvasRenderingContext2D,
  x: number,
  top: number,
  width: number,
  height: number,
  colours: TimelineColours,
): void {
  context.save();
  context.beginPath();
  context.rect(x, top, width, height);
  context.clip();
  context.fillStyle = colours.surface;
  context.fillRect(x, top, width, height);
  context.strokeStyle = colours.gap;
  context.lineWidth = 2;
  context.beginPath();
  // Anchored to the canvas, so that the pattern does not crawl while the view moves.
  const first = Math.floor((x - height) / 8) * 8;
  for (let at = first; at < x + width; at += 8) {
    context.moveTo(at, top + height);
    context.lineTo(at + height, top);
  }
  context.stroke();
  context.strokeRect(x, top, width, height);
  context.restore();
}

function paintTicks(
  context: CanvasRenderingContext2D,
  widthPx: number,
  picture: TimelinePicture,
): void {
  const { colours, view } = picture;
  const ticks = chooseTicks(view, widthPx, 76);
  const covered = labelSpan(context, widthPx, timeToX(view, widthPx, picture.atMs), picture.atMs);
  context.fillStyle = colours.text;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (const at of ticks.atMs) {
    const x = Math.round(timeToX(view, widthPx, at)) + 0.5;
    context.beginPath();
    context.moveTo(x, tickTopPx);
    context.lineTo(x, tickTopPx + 6);
    context.stroke();
    const label = ticks.stepMs < 60_000 ? formatTime(at) : formatMinute(at);
    const half = context.measureText(label).width / 2;
    if (x - half < 0 || x + half > widthPx) continue;
    if (x + half > covered.from && x - half < covered.from + covered.width) continue;
    context.fillText(label, x - half, tickTopPx + 9);
  }
}

function paintHead(
  context: CanvasRenderingContext2D,
  widthPx: number,
  picture: TimelinePicture,
): void {
  const { colours, view, atMs } = picture;
  const x = timeToX(view, widthPx, atMs);
  if (x < -1 || x > widthPx + 1) return;
  context.fillStyle = colours.head;
  context.fillRect(Math.round(x) - 1, bandTopPx - 4, 3, bandPx + 8);
  paintLabel(context, widthPx, x, atMs, colours.head, colours.surface);
}

function labelSpan(
  context: CanvasRenderingContext2D,
  widthPx: number,
  x: number,
  atMs: number,
): { readonly from: number; readonly width: number } {
  const width = context.measureText(formatTime(atMs)).width + 10;
  return { from: Math.max(0, Math.min(widthPx - width, x - width / 2)), width };
}

function paintLabel(
  context: CanvasRenderingContext2D,
  widthPx: number,
  x: number,
  atMs: number,
  fill: string,
  ink: string,
): void {
  const { from, width } = labelSpan(context, widthPx, x, atMs);
  context.fillStyle = fill;
  context.fillRect(from, tickTopPx + 6, width, 18);
  context.fillStyle = ink;
  context.fillText(formatTime(atMs), from + 5, tickTopPx + 9);
}
