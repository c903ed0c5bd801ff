import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { StreamQuality } from '@nigehban/domain/camera.ts';
import {
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { TileStatus } from '../status/status-tone.ts';
import { useLiveSource } from './live-source.tsx';
import { PictureSession, type PictureState } from './picture-session.ts';
import { decideTileStatus, restartAfterMs } from './tile-status.ts';

export interface Picture {
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  readonly state: PictureState;
  readonly status: TileStatus;
  readonly frameAgeMs: number | null;
  /** For an `<img>` of a camera without a playable stream: that a still arrived. */
  readonly noteFrame: () => void;
  readonly stills: boolean;
}

const tickMs = 500;

/**
 * A camera's picture for a video element: connects while `enabled`, counts the age of the last frame
 * that was really shown, and says what the tile may claim.
 */
export function usePicture(camera: CameraView, quality: StreamQuality, enabled: boolean): Picture {
  const source = useLiveSource();
  const videoRef = useRef<HTMLVideoElement>(null);
  const lastFrameAt = useRef<number | null>(null);
  const [frameAgeMs, setFrameAgeMs] = useState<number | null>(null);
  const stills = camera.live.length === 0;

  const session = useMemo(
    () =>
      new PictureSession(
        {
          nowMs: () => performance.now(),
          random: Math.random,
          setTimer: (run, delayMs) => setTimeout(run, delayMs),
          clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
        },
        source,
        camera.id,
        quality,
      ),
    [source, camera.id, quality],
  );
  const state = useSyncExternalStore(session.subscribe, session.state);

  useEffect(() => {
    if (!enabled || stills) return;
    session.start();
    return () => session.stop();
  }, [session, enabled, stills]);

  useEffect(() => {
    if (camera.state === 'ONLINE') session.retryNow();
  }, [camera.state, session]);

  const noteFrame = useCallback(() => {
    lastFrameAt.current = performance.now();
    setFrameAgeMs(0);
  }, []);

  const stream = state.kind === 'playing' ? state.watch.stream : null;
  useEffect(() => {
    const video = videoRef.current;
    // Without a stream the element keeps the last frame: greyed and dated, better than black.
    if (video === null || stream === null) return;
    video.srcObject = stream;
    void video.play().catch(() => undefined);
    let handle = 0;
    const shown = (): void => {
      if (lastFrameAt.current === null) setFrameAgeMs(0);
      lastFrameAt.current = performance.now();
      session.confirm();
      handle = video.requestVideoFrameCallback(shown);
    };
    handle = video.requestVideoFrameCallback(shown);
    return () => video.cancelVideoFrameCallback(handle);
  }, [stream, session]);

  const connectedAt = useRef(0);
  useEffect(() => {
    if (stream !== null) connectedAt.current = performance.now();
  }, [stream]);

  useEffect(() => {
    const timer = setInterval(() => {
      const at = lastFrameAt.current;
      const now = performance.now();
      setFrameAgeMs(at === null ? null : now - at);
      const newest = Math.max(at ?? 0, connectedAt.current);
      if (session.state().kind === 'playing' && now - newest > restartAfterMs) session.restart();
    }, tickMs);
    return () => clearInterval(timer);
  }, [session]);

  return {
    videoRef,
    state,
    status: decideTileStatus({ cameraState: camera.state, frameAgeMs, stills }),
    frameAgeMs,
    noteFrame,
    stills,
  };
}
