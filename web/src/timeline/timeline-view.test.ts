import type { TimelineGap, TimelineSegment } from '@nigehban/domain/footage.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayMs, startOfDayMs } from '../i18n/station-time.ts';
import {
  chooseTicks,
  clampView,
  findGap,
  followView,
  joinRuns,
  longestSpanMs,
  panView,
  shortestSpanMs,
  timeToX,
  xToTime,
  zoomView,
} from './timeline-view.ts';

const day = startOfDayMs(Date.parse('2024-02-08T12:00:00Z'));
const spans = fc.integer({ min: shortestSpanMs, max: longestSpanMs });
const offsets = fc.integer({ min: 0, max: dayMs });

test('a day starts at midnight in Pakistan', () => {
  expect(new Date(day).toISOString()).toBe('2024-02-07T19:00:00.000Z');
});

test('time to place and back is the same time', () => {
  fc.assert(
    fc.property(offsets, spans, offsets, (from, spanMs, at) => {
      const view = { fromMs: day + from, spanMs };
      expect(xToTime(view, 900, timeToX(view, 900, day + at))).toBeCloseTo(day + at, 0);
    }),
  );
});

test('zoom and pan never leave the day nor the allowed spans', () => {
  fc.assert(
    fc.property(
      offsets,
      spans,
      offsets,
      fc.double({ min: 0.05, max: 20, noNaN: true }),
      fc.integer({ min: -2 * dayMs, max: 2 * dayMs }),
      (from, spanMs, anchor, factor, by) => {
        const start = clampView({ fromMs: day + from, spanMs }, day);
        for (const view of [
          zoomView(start, factor, day + anchor, day),
          panView(start, by, day),
          followView(start, day + anchor, day),
        ]) {
          expect(view.spanMs).toBeGreaterThanOrEqual(shortestSpanMs);
          expect(view.spanMs).toBeLessThanOrEqual(longestSpanMs);
          expect(view.fromMs).toBeGreaterThanOrEqual(day - 0.001);
          expect(view.fromMs + view.spanMs).toBeLessThanOrEqual(day + dayMs + 0.001);
        }
      },
    ),
  );
});

test('zooming keeps the moment under the pointer in place', () => {
  const view = { fromMs: day + 6 * 3_600_000, spanMs: 4 * 3_600_000 };
  const anchor = view.fromMs + 0.3 * view.spanMs;
  expect(timeToX(zoomView(view, 0.5, anchor, day), 1_000, anchor)).toBeCloseTo(300, 6);
});

test('following moves the view only near its edges', () => {
  const view = { fromMs: day + 3_600_000, spanMs: 3_600_000 };
  expect(followView(view, view.fromMs + 1_800_000, day)).toBe(view);
  const moved = followView(view, view.fromMs + view.spanMs + 1, day);
  expect(moved.fromMs).toBe(view.fromMs + view.spanMs + 1 - view.spanMs / 4);
});

test('ticks are round local times, far enough apart to be read', () => {
  fc.assert(
    fc.property(offsets, spans, fc.integer({ min: 300, max: 2_000 }), (from, spanMs, widthPx) => {
      const view = clampView({ fromMs: day + from, spanMs }, day);
      const { stepMs, atMs } = chooseTicks(view, widthPx, 70);
      for (const at of atMs) expect((at - day) % stepMs).toBe(0);
      if (stepMs < 6 * 3_600_000)
        expect((stepMs / view.spanMs) * widthPx).toBeGreaterThanOrEqual(70);
    }),
  );
});

test('pieces with holes below a second are one run', () => {
  const piece = (startMs: number, endMs: number) => ({ startMs, endMs }) as TimelineSegment;
  expect(joinRuns([piece(0, 60_000), piece(60_400, 120_000), piece(150_000, 180_000)])).toEqual([
    { startMs: 0, endMs: 120_000 },
    { startMs: 150_000, endMs: 180_000 },
  ]);
});

test('next and previous gap step over the one whose lead-in is being shown', () => {
  const gap = (startMs: number) => ({ startMs, endMs: startMs + 9_000 }) as TimelineGap;
  const gaps = [gap(100_000), gap(200_000), gap(300_000)];
  expect(findGap(gaps, 95_000, 1)?.startMs).toBe(200_000);
  expect(findGap(gaps, 195_000, -1)?.startMs).toBe(100_000);
  expect(findGap(gaps, 295_000, 1)).toBeNull();
  expect(findGap(gaps, 95_000, -1)).toBeNull();
});
