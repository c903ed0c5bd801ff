import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type {
  CameraCredentials,
  CameraEndpoint,
  CameraId,
  CameraStream,
  StreamQuality,
} from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { indexPlan, type PlanIndex } from '@nigehban/domain/registration.ts';
import { type CameraAsset, readAssetsInParts } from '../store/camera-store.ts';
import type { Queryable } from '../store/database.ts';
import { openCredentials } from './camera-credentials.ts';
import { eachInSlices } from './in-slices.ts';

/** A camera with what is needed to talk to it. */
export interface DirectoryEntry {
  readonly asset: CameraAsset;
  /** Null while no address is known. */
  readonly endpoint: CameraEndpoint | null;
  readonly credentials: CameraCredentials | null;
}

/** The cameras of the plan in memory, as they were at the last load. */
export interface CameraDirectory {
  /** Reads all again, after whatever load is under way. */
  load(): Promise<void>;
  /** How many loads are done. */
  loads(): number;
  /** @throws Fault CAMERA_UNKNOWN */
  get(cameraId: CameraId): DirectoryEntry;
  find(cameraId: CameraId): DirectoryEntry | null;
  all(): readonly DirectoryEntry[];
  /** Cameras that are, or are planned to be, at an address. */
  at(address: string): readonly DirectoryEntry[];
  /** The assets made ready for matching with cameras that were found. */
  index(): PlanIndex<CameraAsset>;
  /** What a media node shall do. */
  ordersFor(nodeId: string): readonly StreamOrder[];
}

/** What is made of all cameras, once for each load. */
export function perLoad<T>(directory: Pick<CameraDirectory, 'loads'>, make: () => T): () => T {
  let made: { readonly loads: number; readonly value: T } | null = null;
  return () => {
    const loads = directory.loads();
    if (made?.loads !== loads) made = { loads, value: make() };
    return made.value;
  };
}

export function createCameraDirectory(
  sql: Queryable,
  secretKey: SecretKey,
  log: Logger,
): CameraDirectory {
  let entries = new Map<CameraId, DirectoryEntry>();
  let planIndex: PlanIndex<CameraAsset> | null = null;
  let byAddress: Map<string, DirectoryEntry[]> | null = null;
  let byNode: Map<string | null, DirectoryEntry[]> | null = null;
  let loads = 0;
  let loading: Promise<void> = Promise.resolve();

  const indexAddresses = () => {
    const index = new Map<string, DirectoryEntry[]>();
    for (const entry of entries.values()) {
      const { address, plannedAddress } = entry.asset;
      for (const one of new Set([address, plannedAddress])) {
        if (one === null) continue;
        const there = index.get(one);
        if (there === undefined) index.set(one, [entry]);
        else there.push(entry);
      }
    }
    return index;
  };

  const credentialsOf = (asset: CameraAsset): CameraCredentials | null => {
    if (asset.sealedCredentials === null) return null;
    const former = entries.get(asset.id);
    const sameSeal =
      former?.asset.sealedCredentials != null &&
      Buffer.compare(former.asset.sealedCredentials, asset.sealedCredentials) === 0;
    if (former !== undefined && sameSeal) return former.credentials;
    try {
      return openCredentials(secretKey, asset.code, asset.sealedCredentials);
    } catch (error) {
      // The camera is tried without: it refuses, and its page says so.
      log.error({ err: error, camera: asset.code }, 'credentials of a camera do not open');
      return null;
    }
  };

  const load = async () => {
    const loaded = new Map<CameraId, DirectoryEntry>();
    for await (const assets of readAssetsInParts(sql)) {
      // After an import thousands of credentials are opened: nothing else shall wait for them.
      await eachInSlices(assets, (asset) => {
        const { address, onvifPort } = asset;
        loaded.set(asset.id, {
          asset,
          endpoint: address === null ? null : { address, onvifPort },
          credentials: credentialsOf(asset),
        });
      });
    }
    planIndex = null;
    byAddress = null;
    byNode = null;
    loads += 1;
    entries = loaded;
  };

  return {
    async load() {
      // Of two at once the one that read less late would have the last word.
      loading = loading.catch(() => {}).then(load);
      await loading;
    },
    loads: () => loads,
    get(cameraId) {
      const entry = entries.get(cameraId);
      if (entry === undefined)
        throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId} in the plan`);
      return entry;
    },
    find: (cameraId) => entries.get(cameraId) ?? null,
    all: () => [...entries.values()],
    at(address) {
      byAddress ??= indexAddresses();
      return byAddress.get(address) ?? [];
    },
    index() {
      planIndex ??= indexPlan([...entries.values()].map((entry) => entry.asset));
      return planIndex;
    },
    ordersFor(nodeId) {
      byNode ??= Map.groupBy(entries.values(), ({ asset }) => asset.nodeId);
      const orders: StreamOrder[] = [];
      for (const { asset, credentials } of byNode.get(nodeId) ?? []) {
        if (!asset.registered || asset.streams.length === 0) continue;
        orders.push({
          cameraId: asset.id,
          cameraCode: asset.code,
          stationCode: asset.stationCode,
          record: true,
          streams: asset.streams,
          credentials,
          ...(asset.transport === null ? {} : { transport: asset.transport }),
        });
      }
      return orders;
    },
  };
}

/** The stream of that quality, else the other one; null when there is none. */
export function streamOf(asset: CameraAsset, quality: StreamQuality): CameraStream | null {
  return asset.streams.find((stream) => stream.quality === quality) ?? asset.streams.at(0) ?? null;
}
