import type { CameraStream } from './camera.ts';
import type { StreamMeasure } from './camera-health.ts';
import type { CameraCounters } from './link-messages.ts';

/** Counters with the moment they were taken in, milliseconds. */
export interface TimedCounters {
  readonly atMs: number;
  readonly counters: CameraCounters;
}

/** How the camera differs from what its policy wants, in words; null: as wanted. */
export interface StreamDifferences {
  readonly codec: string | null;
  readonly resolution: string | null;
  /** The other items that differ. */
  readonly others?: string | null;
}

/** What a stream did between two of its counters. Null when they are not of one session. */
export function measureStream(
  former: TimedCounters,
  current: TimedCounters,
  registered: CameraStream | null,
  differences: StreamDifferences | null = null,
): StreamMeasure | null {
  const elapsedMs = current.atMs - former.atMs;
  const [a, b] = [former.counters, current.counters];
  const oneSession =
    elapsedMs > 0 &&
    a.sessions === b.sessions &&
    b.packets >= a.packets &&
    b.bytes >= a.bytes &&
    a.recorder?.restarts === b.recorder?.restarts;
  if (!oneSession) return null;
  const packets = b.packets - a.packets;
  const lost = Math.max(0, b.lost - a.lost);
  const flows = packets > 0;
  const frames =
    a.recorder === undefined || b.recorder === undefined
      ? null
      : b.recorder.frames - a.recorder.frames;
  return {
    frameRateFps: flows && frames !== null && frames >= 0 ? (frames * 1_000) / elapsedMs : null,
    expectedFrameRateFps: registered?.frameRateFps ?? null,
    keyFrameIntervalMs: flows ? (b.recorder?.keyFrameIntervalMs ?? null) : null,
    lossShare: flows ? lost / (packets + lost) : null,
    bitrateKbps: ((b.bytes - a.bytes) * 8) / elapsedMs,
    clockOffsetMs: b.clockOffsetMs,
    recorded: flows ? b.recording : null,
    queuedForMs: b.recorder?.queuedForMs ?? null,
    codecDiffers: differences?.codec ?? null,
    resolutionDiffers: differences?.resolution ?? null,
    policyDiffers: differences?.others ?? null,
  };
}
