import type { CameraCounters, RecorderCounters } from '@nigehban/domain/link-messages.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import type { CameraRecordingStatus, Recorder } from '@nigehban/recorder/recorder-types.ts';
import type { Relay } from '@nigehban/relay/relay.ts';
import { parseStreamKey, streamKey } from './stream-facts.ts';

/** Every pulled stream's counters, with what recorder and relay add to them. */
export function countCameras(
  hub: Pick<StreamHub, 'statuses'>,
  recorder: Pick<Recorder, 'status'>,
  relay: Pick<Relay, 'counters'>,
): readonly CameraCounters[] {
  const recorded = new Map(
    recorder.status().cameras.map((camera) => [streamKey(camera.cameraId, 'main'), camera]),
  );
  const viewers = new Map(
    relay
      .counters()
      .streams.map((stream) => [streamKey(stream.cameraId, stream.quality), stream.viewers]),
  );
  return hub.statuses().flatMap((status) => {
    const camera = parseStreamKey(status.key);
    if (camera === undefined) return [];
    const recording = recorded.get(status.key);
    const { packets, lost, bytes, jitterMs, sessions, lastPacketUs, clockOffsetMs } =
      status.counters;
    return [
      {
        ...camera,
        packets,
        lost,
        bytes,
        jitterMs,
        sessions,
        viewers: viewers.get(status.key) ?? 0,
        lastPacketMs: lastPacketUs === undefined ? null : Math.floor(lastPacketUs / 1000),
        clockOffsetMs: clockOffsetMs ?? null,
        recording: recording?.recording ?? false,
        ...(recording === undefined ? {} : { recorder: countRecording(recording) }),
      },
    ];
  });
}

function countRecording(camera: CameraRecordingStatus): RecorderCounters {
  const { counters, segments, restarts, queuedBytes, queuedForMs } = camera;
  return {
    frames: counters?.frames ?? 0,
    keyFrames: counters?.keyFrames ?? 0,
    keyFrameIntervalMs: counters?.keyFrameIntervalMs ?? null,
    damagedFrames: counters?.lostUnits ?? 0,
    segments,
    restarts,
    queuedBytes,
    queuedForMs,
  };
}
