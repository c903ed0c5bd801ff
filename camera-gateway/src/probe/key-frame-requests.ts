import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';

/**
 * Holds requests for key frames to one a second and camera, because each costs the camera
 * bandwidth. A request in between waits for its turn, together with equal ones, so that nobody who
 * joined late is left to the next key frame by chance.
 */
export interface KeyFrameRequests {
  /** Runs `ask` at the camera's next turn, or joins the same profile's request that waits already. */
  request(cameraId: CameraId, profileToken: string, ask: () => Promise<void>): Promise<void>;
  /** Refuses what waits with GATEWAY_UNAVAILABLE. */
  stop(): void;
}

const perCameraMs = 1_000;
const pruneAbove = 4_096;

interface Waiting {
  readonly turn: Promise<void>;
  readonly refuse: () => void;
}

export function createKeyFrameRequests(clock: Clock): KeyFrameRequests {
  const nextTurnMs = new Map<CameraId, number>();
  const waiting = new Map<string, Waiting>();
  let stopped = false;

  const waitUntil = (atMs: number, nowMs: number): { turn: Promise<void>; refuse: () => void } => {
    const turn = Promise.withResolvers<void>();
    const cancel = clock.after(atMs - nowMs, turn.resolve);
    return {
      turn: turn.promise,
      refuse: () => {
        cancel();
        turn.reject(new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping'));
      },
    };
  };

  return {
    request(cameraId, profileToken, ask) {
      if (stopped) {
        return Promise.reject(new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping'));
      }
      const nowMs = clock.nowMs();
      const key = JSON.stringify([cameraId, profileToken]);
      const joined = waiting.get(key);
      if (joined !== undefined) return joined.turn;
      // A clock that was set back must not leave a camera waiting.
      const turnMs = Math.min(nextTurnMs.get(cameraId) ?? nowMs, nowMs + 4 * perCameraMs);
      if (nextTurnMs.size > pruneAbove) {
        for (const [other, atMs] of nextTurnMs) if (atMs <= nowMs) nextTurnMs.delete(other);
      }
      nextTurnMs.set(cameraId, Math.max(nowMs, turnMs) + perCameraMs);
      if (turnMs <= nowMs) return ask();
      const { turn, refuse } = waitUntil(turnMs, nowMs);
      const done = turn.finally(() => waiting.delete(key)).then(ask);
      waiting.set(key, { turn: done, refuse });
      return done;
    },
    stop() {
      stopped = true;
      for (const one of waiting.values()) one.refuse();
    },
  };
}
