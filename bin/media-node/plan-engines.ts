import type { Settings } from '@nigehban/config/settings/settings.ts';
import type { VolumePlace } from '@nigehban/recorder/disk/footage-volumes.ts';
import type { EngineSettings } from './media-engine.ts';

/** Below this many cameras one process has room to spare, and more would only cost memory. */
const fewCameras = 200;
const viewsPerRelayWorker = 400;
const queuedBytesOfNode = 256 << 20;

/**
 * How many engine processes a node has: as set, else one for a few cameras and one per core for
 * more. Decided when the node starts.
 */
export function planProcesses(wished: number | undefined, cameras: number, cores: number): number {
  if (wished !== undefined) return wished;
  return cameras < fewCameras ? 1 : cores;
}

/** The settings of each process: its part of the relay's workers and ports and of the memory. */
export function planEngines(
  settings: Settings,
  footage: readonly VolumePlace[],
  listenIps: EngineSettings['relay']['rtc']['listenIps'],
  processes: number,
  cores: number,
): EngineSettings[] {
  const { nodeId, media, rtc } = settings;
  const { workerBin } = rtc;
  const workersOfNode = rtc.workers ?? (processes === 1 ? Math.min(2, cores) : cores);
  const workers = Math.max(1, Math.floor(workersOfNode / processes));
  return Array.from({ length: processes }, (_, slot) => ({
    nodeId,
    footage,
    segmentMs: media.segmentMs,
    diskReserve: media.retention.diskReserve,
    silentForMs: media.silentForMs,
    maxQueuedBytes: Math.max(64 << 20, Math.floor(queuedBytesOfNode / processes)),
    relay: {
      nodeId,
      workers,
      maxViews: workers * viewsPerRelayWorker,
      rtc: { listenIps, ...portsOf(rtc, slot, processes) },
      ...(workerBin === undefined ? {} : { workerBin }),
    },
  }));
}

/** A range of its own for each process, so that a port says whose it is; one for all if it is narrow. */
function portsOf(
  rtc: { readonly minPort: number; readonly maxPort: number },
  slot: number,
  processes: number,
): { minPort: number; maxPort: number } {
  const each = Math.floor((rtc.maxPort - rtc.minPort + 1) / processes);
  if (each < 10) return { minPort: rtc.minPort, maxPort: rtc.maxPort };
  const minPort = rtc.minPort + slot * each;
  return { minPort, maxPort: minPort + each - 1 };
}
