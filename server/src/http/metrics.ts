import { downStates } from '@nigehban/domain/camera-state.ts';
import { diskLevels } from '@nigehban/domain/disk-level.ts';
import type { CameraCounters, FootageVolumeView } from '@nigehban/domain/link-messages.ts';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface MetricsSources {
  readonly counters: () => readonly CameraCounters[];
  readonly cameraStates: () => Promise<readonly { kind: string; count: number }[]>;
  readonly openAlerts: () => Promise<readonly { kind: string; count: number }[]>;
  readonly outboxWaiting: () => Promise<number>;
  readonly queueCounts: () => Promise<Readonly<Record<string, number>>>;
  readonly wsClients: () => number;
  /** By media node, as it told them last. */
  readonly footageVolumes: () => ReadonlyMap<string, readonly FootageVolumeView[]>;
  readonly nodes: () => readonly { role: string; nodeId: string }[];
}

const streamGauges = [
  ['nigehban_stream_packets_total', 'RTP packets received', 'packets'],
  ['nigehban_stream_lost_packets_total', 'RTP packets lost', 'lost'],
  ['nigehban_stream_bytes_total', 'Bytes received', 'bytes'],
  ['nigehban_stream_jitter_ms', 'RTP interarrival jitter (RFC 3550)', 'jitterMs'],
  ['nigehban_stream_sessions_total', 'RTSP sessions begun', 'sessions'],
  ['nigehban_stream_viewers', 'Live viewers', 'viewers'],
  ['nigehban_camera_clock_offset_ms', 'Camera clock minus node clock', 'clockOffsetMs'],
] as const;

const recorderGauges = [
  ['nigehban_recorder_frames_total', 'Pictures recorded', 'frames'],
  ['nigehban_recorder_key_frames_total', 'Key frames received', 'keyFrames'],
  ['nigehban_recorder_key_frame_interval_ms', 'Last key-frame interval', 'keyFrameIntervalMs'],
  ['nigehban_recorder_damaged_frames_total', 'Pictures left out as damaged', 'damagedFrames'],
  ['nigehban_recorder_segments_total', 'Segments finished', 'segments'],
  ['nigehban_recorder_restarts_total', 'Sessions after the first', 'restarts'],
  ['nigehban_recorder_queued_bytes', 'Bytes waiting for the disk', 'queuedBytes'],
  ['nigehban_recorder_disk_lag_ms', 'How far the disk is behind the camera', 'queuedForMs'],
] as const;

/**
 * Metrics of this process, read from their sources at each scrape. A source that fails leaves its
 * figures out and does not fail the scrape.
 */
export function createMetrics(sources: MetricsSources): {
  readonly text: () => Promise<string>;
  readonly contentType: string;
} {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'nigehban_server_' });
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: (labels: Record<string, string>, value: number) => void) => void | Promise<void>,
  ) => {
    const made = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        made.reset();
        try {
          await read((labels, value) => made.set(labels, value));
        } catch {
          made.reset();
        }
      },
    });
  };

  for (const [name, help, field] of streamGauges) {
    gauge(name, help, ['camera', 'quality'], (set) => {
      for (const counters of sources.counters()) {
        const value = counters[field];
        if (value !== null) {
          set({ camera: String(counters.cameraId), quality: counters.quality }, value);
        }
      }
    });
  }
  for (const [name, help, field] of recorderGauges) {
    gauge(name, help, ['camera'], (set) => {
      for (const { cameraId, recorder } of sources.counters()) {
        const value = recorder?.[field] ?? null;
        if (value !== null) set({ camera: String(cameraId) }, value);
      }
    });
  }
  gauge('nigehban_camera_recording', '1 while recorded', ['camera'], (set) => {
    for (const { cameraId, quality, recording } of sources.counters()) {
      if (quality === 'main') set({ camera: String(cameraId) }, recording ? 1 : 0);
    }
  });
  for (const [name, help, field] of [
    ['nigehban_footage_volume_free_bytes', 'Free bytes of a footage volume', 'freeBytes'],
    ['nigehban_footage_volume_size_bytes', 'Size of a footage volume', 'totalBytes'],
  ] as const) {
    gauge(name, help, ['node', 'volume'], (set) => {
      for (const [node, volumes] of sources.footageVolumes()) {
        for (const volume of volumes) {
          const value = volume[field];
          if (value !== null) set({ node, volume: volume.folder }, value);
        }
      }
    });
  }
  const levelHelp = '0 well, 1 low, 2 critical, 3 full, 4 away or failing';
  gauge('nigehban_footage_volume_level', levelHelp, ['node', 'volume'], (set) => {
    for (const [node, volumes] of sources.footageVolumes()) {
      for (const { folder, level } of volumes) {
        const value = level === null ? diskLevels.length : diskLevels.indexOf(level);
        set({ node, volume: folder }, value);
      }
    }
  });
  gauge('nigehban_cameras', 'Cameras by state', ['state', 'down'], async (set) => {
    const down: readonly string[] = downStates;
    for (const { kind, count } of await sources.cameraStates()) {
      set({ state: kind, down: down.includes(kind) ? '1' : '0' }, count);
    }
  });
  gauge('nigehban_open_alerts', 'Open alerts by kind', ['kind'], async (set) => {
    for (const kind of ['PARTIAL', 'BLIND', 'TAMPERED']) set({ kind }, 0);
    for (const { kind, count } of await sources.openAlerts()) set({ kind }, count);
  });
  gauge('nigehban_outbox_waiting', 'Outbox entries not queued yet', [], async (set) => {
    set({}, await sources.outboxWaiting());
  });
  gauge('nigehban_queue_jobs', 'Jobs of the outbox queue by state', ['state'], async (set) => {
    for (const [state, count] of Object.entries(await sources.queueCounts())) set({ state }, count);
  });
  gauge('nigehban_ws_clients', 'Browsers connected', [], (set) => set({}, sources.wsClients()));
  gauge('nigehban_linked_nodes', 'Nodes linked to this server', ['role', 'node'], (set) => {
    for (const { role, nodeId } of sources.nodes()) set({ role, node: nodeId }, 1);
  });
  return { text: () => registry.metrics(), contentType: registry.contentType };
}
