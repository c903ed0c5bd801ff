import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TimerWheel } from '../timer-wheel.ts';
import type { Clip, ReplayFrame } from './clip.ts';
import { type FrameSink, LiveEncoder } from './live-encoder.ts';

const gopFrames = 15;

function clipOf(name: string, frameCount: number): Clip {
  return {
    codec: 'H264',
    clockRate: 90_000,
    payloadType: 96,
    ticksPerFrame: 6000,
    width: 320,
    height: 180,
    parameterSets: [],
    frames: Array.from({ length: frameCount }, (_, index) => ({
      isKeyFrame: index % gopFrames === 0,
      template: Buffer.from(`${name}${index}`),
      packetOffsets: [0],
    })),
  };
}

interface Seen {
  readonly frame: ReplayFrame;
  readonly mediaTicks: number;
  readonly atMs: number;
}

function listener(): FrameSink & { readonly seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    onFrame: (frame, mediaTicks) => seen.push({ frame, mediaTicks, atMs: Date.now() }),
  };
}

function running() {
  const now = () => Date.now();
  const clips = { normal: clipOf('n', 60), frozen: clipOf('f', 15), changed: clipOf('c', 60) };
  const encoder = new LiveEncoder(clips, new TimerWheel(now), now, Date.now() - 1234);
  const sink = listener();
  encoder.addSink(sink);
  return { encoder, sink, names: () => sink.seen.map(({ frame }) => frame.template.toString()) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('time runs on evenly through the end of the loop, frames come at their time', () => {
  const { encoder, sink, names } = running();
  vi.advanceTimersByTime(10_000);
  expect(sink.seen.length).toBeGreaterThanOrEqual(149);
  sink.seen.forEach(({ mediaTicks, atMs }, index) => {
    const previous = sink.seen[index - 1];
    if (previous !== undefined) expect(mediaTicks - previous.mediaTicks).toBe(6000);
    expect(Math.abs(encoder.mediaTicksAt(atMs) - mediaTicks)).toBeLessThan(90 * 10);
  });
  const start = names().indexOf('n59');
  expect(names()[start + 1]).toBe('n0');
});

test('a wish for a key frame is served by the next frame, and time runs on', () => {
  const { encoder, sink } = running();
  vi.advanceTimersByTime(1000);
  while (sink.seen.at(-1)?.frame.isKeyFrame !== true) vi.advanceTimersByTime(10);
  vi.advanceTimersByTime(200);
  const before = sink.seen.length;
  encoder.requestKeyFrame();
  vi.advanceTimersByTime(140);
  expect(sink.seen[before]?.frame.isKeyFrame).toBe(true);
  expect(sink.seen[before - 1]?.frame.isKeyFrame).toBe(false);
  expect((sink.seen[before]?.mediaTicks ?? 0) - (sink.seen[before - 1]?.mediaTicks ?? 0)).toBe(
    6000,
  );
});

test('another mode begins with a key frame and ends with one', () => {
  const { encoder, names } = running();
  vi.advanceTimersByTime(700);
  encoder.setMode('frozen');
  vi.advanceTimersByTime(3000);
  const frozenFrom = names().findIndex((name) => name.startsWith('f'));
  expect(names()[frozenFrom]).toBe('f0');
  expect(
    names()
      .slice(frozenFrom)
      .every((name) => name.startsWith('f')),
  ).toBe(true);
  encoder.setMode('changed');
  vi.advanceTimersByTime(2000);
  const changedFrom = names().findIndex((name) => name.startsWith('c'));
  expect(Number(names()[changedFrom]?.slice(1)) % gopFrames).toBe(0);
});

test('stands still without listeners and takes up the present when one comes', () => {
  const { encoder, sink } = running();
  vi.advanceTimersByTime(500);
  encoder.removeSink(sink);
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60_000);
  const second = listener();
  encoder.addSink(second);
  vi.advanceTimersByTime(100);
  const first = second.seen[0];
  expect(Math.abs(encoder.mediaTicksAt(first?.atMs ?? 0) - (first?.mediaTicks ?? 0))).toBeLessThan(
    900,
  );
});
