import type { DiskLevel } from '@nigehban/domain/disk-level.ts';
import type { CameraCounters } from '@nigehban/domain/link-messages.ts';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

const stream: CameraCounters = {
  cameraId: 7,
  quality: 'main',
  packets: 900,
  lost: 3,
  bytes: 70_000,
  jitterMs: 1.5,
  sessions: 2,
  viewers: 1,
  lastPacketMs: 5,
  clockOffsetMs: null,
  recording: true,
  recorder: {
    frames: 250,
    keyFrames: 10,
    keyFrameIntervalMs: null,
    damagedFrames: 4,
    segments: 1,
    restarts: 1,
    queuedBytes: 4096,
    queuedForMs: 120,
  },
};

function volumeOf(folder: string, level: DiskLevel | null, freeBytes: number | null) {
  return { folder, level, freeBytes, totalBytes: freeBytes && 1e12, fault: null };
}

function metricsOf(counters: () => readonly CameraCounters[]): Promise<string> {
  return createMetrics({
    counters,
    cameraStates: async () => [],
    openAlerts: async () => [],
    outboxWaiting: async () => 0,
    queueCounts: async () => ({}),
    wsClients: () => 0,
    nodes: () => [],
    footageVolumes: () =>
      new Map([
        ['node-1', [volumeOf('/mnt/disk1', 'low', 5e9), volumeOf('/mnt/disk2', null, null)]],
      ]),
  }).text();
}

test('every counter of a recorded camera is a metric; what is not known is left out', async () => {
  const { recorder: _, ...watched } = { ...stream, cameraId: 8, quality: 'sub' as const };
  const text = await metricsOf(() => [stream, watched]);
  const lines = text.split('\n');
  for (const line of [
    'nigehban_stream_packets_total{camera="7",quality="main"} 900',
    'nigehban_stream_packets_total{camera="8",quality="sub"} 900',
    'nigehban_stream_lost_packets_total{camera="7",quality="main"} 3',
    'nigehban_stream_bytes_total{camera="7",quality="main"} 70000',
    'nigehban_stream_jitter_ms{camera="7",quality="main"} 1.5',
    'nigehban_recorder_frames_total{camera="7"} 250',
    'nigehban_recorder_damaged_frames_total{camera="7"} 4',
    'nigehban_recorder_restarts_total{camera="7"} 1',
    'nigehban_recorder_queued_bytes{camera="7"} 4096',
    'nigehban_recorder_disk_lag_ms{camera="7"} 120',
    'nigehban_footage_volume_free_bytes{node="node-1",volume="/mnt/disk1"} 5000000000',
    'nigehban_footage_volume_size_bytes{node="node-1",volume="/mnt/disk1"} 1000000000000',
    'nigehban_footage_volume_level{node="node-1",volume="/mnt/disk1"} 1',
    'nigehban_footage_volume_level{node="node-1",volume="/mnt/disk2"} 4',
  ]) {
    expect(lines).toContain(line);
  }
  expect(text).not.toContain('free_bytes{node="node-1",volume="/mnt/disk2"}');
  expect(text).not.toContain('key_frame_interval_ms{');
  expect(text).not.toContain('nigehban_recorder_frames_total{camera="8"}');
});
