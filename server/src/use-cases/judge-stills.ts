import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { isViewDue } from '@nigehban/domain/view-moment.ts';

/** A picture of a camera's recording. */
export interface RecordedStill {
  readonly jpeg: Buffer;
  /** When it was recorded, milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Cameras without snapshots. */
export interface StillCameras {
  /** All of the plan that have a media node. */
  all(): readonly CameraId[];
  /** This process decides about it, and its stream flows. */
  isRecorded(cameraId: CameraId): boolean;
}

export interface StillWatchPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly cameras: StillCameras;
  /** Null while it is not known, 0 when no views are judged. */
  readonly viewEveryMs: () => number | null;
  readonly takeStill: (cameraId: CameraId) => Promise<RecordedStill>;
  /** Has the gateway judge it that watches the camera; `likely` did so last. Gives who did. */
  readonly judge: (cameraId: CameraId, jpeg: Buffer, likely: string | null) => Promise<string>;
}

export interface StillWatch {
  readonly counts: StillCounts;
  stop(): Promise<void>;
}

export interface StillCounts {
  readonly judged: number;
  readonly failed: number;
  /** Looks left out because too many of those before were not done yet. */
  readonly skipped: number;
}

interface Looked {
  readonly pictureMs: number;
  readonly gatewayId: string;
}

const tickMs = 1_000;
/** A still costs its media node a decoder process: people who play back come first. */
const atATime = 4;
const mostWaiting = 128;

/**
 * Sends a still of each camera without snapshots to its gateway once in the policy's period, each at
 * its own moment. A picture that is older than the last one judged, or than two periods, says nothing
 * of how the camera stands now and is not sent.
 */
export function startStillWatch(ports: StillWatchPorts): StillWatch {
  const { clock, log } = ports;
  const counts = { judged: 0, failed: 0, skipped: 0 };
  let looked = new Map<CameraId, Looked>();
  const waiting = new Set<CameraId>();
  const running = new Map<CameraId, Promise<void>>();
  let lookedUntilMs = clock.nowMs();
  let stopped = false;
  let cancel = () => {};

  const look = async (cameraId: CameraId, everyMs: number) => {
    try {
      const last = looked.get(cameraId);
      const { jpeg, atMs } = await ports.takeStill(cameraId);
      if (atMs <= (last?.pictureMs ?? 0) || atMs < clock.nowMs() - 2 * everyMs) return;
      const gatewayId = await ports.judge(cameraId, jpeg, last?.gatewayId ?? null);
      looked.set(cameraId, { pictureMs: atMs, gatewayId });
      counts.judged += 1;
    } catch (error) {
      counts.failed += 1;
      // What keeps a camera from being recorded is told elsewhere.
      log.debug({ err: error, cameraId }, 'a still could not be judged');
    }
  };
  const startNext = (everyMs: number) => {
    for (const cameraId of waiting) {
      if (stopped || running.size >= atATime) return;
      waiting.delete(cameraId);
      const run = look(cameraId, everyMs).finally(() => {
        running.delete(cameraId);
        startNext(everyMs);
      });
      running.set(cameraId, run);
    }
  };
  const tick = () => {
    cancel = clock.after(tickMs, tick);
    const nowMs = clock.nowMs();
    const everyMs = ports.viewEveryMs() ?? 0;
    // A clock that jumped asks nobody twice.
    const fromMs = Math.min(nowMs, Math.max(lookedUntilMs, nowMs - Math.max(everyMs, tickMs)));
    lookedUntilMs = nowMs;
    if (everyMs === 0) return;
    const cameras = ports.cameras.all();
    for (const cameraId of cameras) {
      if (!isViewDue(cameraId, everyMs, fromMs, nowMs) || running.has(cameraId)) continue;
      if (!ports.cameras.isRecorded(cameraId)) continue;
      if (waiting.size < mostWaiting) waiting.add(cameraId);
      else counts.skipped += 1;
    }
    if (looked.size > 2 * cameras.length + mostWaiting) {
      const known = new Set(cameras);
      looked = new Map([...looked].filter(([cameraId]) => known.has(cameraId)));
    }
    startNext(everyMs);
  };

  cancel = clock.after(tickMs, tick);
  return {
    counts,
    async stop() {
      stopped = true;
      cancel();
      await Promise.all(running.values());
    },
  };
}
