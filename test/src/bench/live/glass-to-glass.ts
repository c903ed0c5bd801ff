import { type ChildProcess, spawn } from 'node:child_process';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { readFrameIndex } from '../../fleet/streams/frame-code.ts';
import { type LiveStage, startLiveStage } from '../../live/live-stage.ts';
import { tapSentFrames } from './frame-tap.ts';
import {
  firstFrameOf,
  pageClockOffsetMs,
  recordedFrames,
  recordPicture,
  showCamera,
} from './live-page-calls.ts';

export interface GlassToGlass {
  readonly chromium: readonly number[];
  /** ffmpeg straight at the camera, at its lowest delay: decoded picture, not on a screen. */
  readonly ffmpeg: readonly number[];
  /** ffmpeg as it comes. */
  readonly ffmpegDefault: readonly number[];
  readonly widthPx: number;
}

/** The second camera of a generated plan: H.264 High, a key frame every two seconds. */
const cameraId = 2;
const edge = { width: 320, height: 8 } as const;

/**
 * Milliseconds from a camera's sending of a 720p frame to the same frame on the screen, known by the
 * number that is burnt into it.
 */
export async function measureGlassToGlass(seconds: number): Promise<GlassToGlass> {
  const stage = await startLiveStage({
    cameras: cameraId,
    scenes: 'exercise',
    settings: { workers: 1, lingerMs: 1000 },
  });
  const sentMs = new Map<number, number>();
  const untap = tapSentFrames((frameIndex) => sentMs.set(frameIndex, performance.now()));
  try {
    const { widthPx, chromium } = await inChromium(stage, sentMs, seconds);
    const order = stage.orders.get(cameraId);
    if (order === undefined) throw new Error('no camera');
    const lowDelay = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '32768'];
    return {
      chromium,
      ffmpeg: await inFfmpeg(order, lowDelay, sentMs, seconds),
      ffmpegDefault: await inFfmpeg(order, [], sentMs, seconds),
      widthPx,
    };
  } finally {
    untap();
    await stage.stop();
  }
}

async function inChromium(stage: LiveStage, sentMs: ReadonlyMap<number, number>, seconds: number) {
  const page = await stage.newPage();
  const index = await showCamera(page, cameraId, 'main');
  await firstFrameOf(page, index, 10_000);
  await pause(3);
  const offsetMs = await pageClockOffsetMs(page);
  const log: { frameIndex: number; atMs: number }[] = [];
  const untap = tapSentFrames((frameIndex) => log.push({ frameIndex, atMs: performance.now() }));
  await recordPicture(page, index);
  await pause(seconds);
  const frames = await recordedFrames(page, index);
  untap();
  await page.close();
  const chromium: number[] = [];
  for (const frame of frames) {
    const shownMs = frame.atMs + offsetMs;
    const frameIndex = readFrameIndex(Uint8Array.from(frame.luma), edge.width);
    const sent = log.findLast((each) => each.frameIndex === frameIndex && each.atMs <= shownMs);
    const sentAtMs = sent?.atMs;
    // The first frames may have been sent before the log began.
    if (sentAtMs !== undefined) chromium.push(shownMs - sentAtMs);
  }
  expectMost(chromium, seconds, sentMs);
  return { widthPx: frames.at(-1)?.widthPx ?? 0, chromium };
}

async function inFfmpeg(
  order: StreamOrder,
  options: readonly string[],
  sentMs: ReadonlyMap<number, number>,
  seconds: number,
): Promise<number[]> {
  const url = new URL(order.streams.find((each) => each.quality === 'main')?.url ?? '');
  url.username = order.credentials?.username ?? '';
  url.password = order.credentials?.password ?? '';
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', ...options, '-i', url.href],
      ...['-map', '0:v:0', '-vf', `crop=iw:iw/40:0:0,scale=${edge.width}:${edge.height}`],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const delays: number[] = [];
  const frameBytes = edge.width * edge.height;
  let rest = Buffer.alloc(0);
  let measuring = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    const arrivedMs = performance.now();
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= frameBytes; rest = rest.subarray(frameBytes)) {
      const sent = sentMs.get(readFrameIndex(rest.subarray(0, frameBytes), edge.width) ?? -1);
      if (measuring && sent !== undefined) delays.push(arrivedMs - sent);
    }
  });
  await pause(5);
  measuring = true;
  await pause(seconds);
  await end(child);
  expectMost(delays, seconds, sentMs);
  return delays;
}

/** Figures of a few lucky frames are none. */
function expectMost(
  delays: readonly number[],
  seconds: number,
  sentMs: ReadonlyMap<number, number>,
): void {
  if (delays.length < seconds * 15 * 0.6) {
    throw new Error(`${delays.length} frames in ${seconds} s, ${sentMs.size} numbers sent`);
  }
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
