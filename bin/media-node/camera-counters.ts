import type { CameraCounters } from '@nigehban/domain/link-messages.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import type { Recorder } from '@nigehban/recorder/recorder-types.ts';
import type { Relay } from '@nigehban/relay/relay.ts';
import { parseStreamKey, streamKey } from './stream-facts.ts';

/** Every pulled stream's counters, with what recorder and relay add to them. */
export function countCameras(
  hub: Pick<StreamHub, 'statuses'>,
  recorder: Pick<Recorder, 'status'>,
  relay: Pick<Relay, 'counters'>,
): readonly CameraCounters[] {
  const recording = new Set(
    recorder
      .status()
      .cameras.filter((camera) => camera.recording)
      .map((camera) => streamKey(camera.cameraId, 'main')),
  );
  const viewers = new Map(
    relay
      .counters()
      .streams.map((stream) => [streamKey(stream.cameraId, stream.quality), stream.viewers]),
  );
  return hub.statuses().flatMap((status) => {
    const camera = parseStreamKey(status.key);
    if (camera === undefined) return [];
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
        recording: recording.has(status.key),
      },
    ];
  });
}
