import { mkdir } from 'node:fs/promises';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Timer } from '@nigehban/media/clock.ts';
import type { StreamSubscription } from '@nigehban/media/hub/stream-hub-types.ts';
import { BlockPool } from '@nigehban/media/mp4/block-pool.ts';
import { CameraRecorder, type RecordingShared } from './camera-recorder.ts';
import type { ChainHead } from './chain/camera-chain.ts';
import { readNewestHeads, writeNodeManifest } from './chain/node-manifest.ts';
import { openCameraChain } from './chain/open-camera-chain.ts';
import { diskFault } from './disk/disk-fault.ts';
import { FootageVolumes, type VolumePlace } from './disk/footage-volumes.ts';
import { SyncGate } from './disk/sync-gate.ts';
import { WriteBudget } from './disk/write-budget.ts';
import { hourFolder, rootsOf } from './footage-layout.ts';
import type {
  Recorder,
  RecorderPorts,
  RecorderSettings,
  RecorderStatus,
  RecordingHealth,
  RecordingOrder,
  RecordingSince,
} from './recorder-types.ts';
import { writeCameraFile } from './write-camera-file.ts';

interface Slot {
  order: RecordingOrder;
  /** Since when it is to be recorded. */
  readonly since: RecordingSince;
  camera: CameraRecorder | undefined;
  subscription: StreamSubscription | undefined;
  /** Opening, then whatever ends it. */
  work: Promise<void>;
  leaving: boolean;
  /** Cuts the pause before the next attempt short. */
  wake?: () => void;
}

const tickMs = 1000;
const openRetryMs = 5000;
const lookEveryUs = 5_000_000;
/** Chains that are brought up to date at a time: a crash leaves one file per camera to hash. */
const openAtATime = 6;
/** Files made durable at a time: half of libuv's four threads, so that writes always have the rest. */
const syncsAtATime = 2;
/** How long the disk must serve before it counts as well again. */
const wellAfterUs = 10_000_000;

/**
 * Starts recording into a folder, or into one on each of several volumes. Cameras come by
 * {@link Recorder.apply}; nothing keeps it from starting but that not one of the folders can be made
 * (DISK_FULL, DISK_FAILED).
 */
export async function startRecorder(
  settings: RecorderSettings,
  ports: RecorderPorts,
): Promise<Recorder> {
  const places = placesOf(settings);
  const made = await Promise.allSettled(
    // What is known by a mark is there, or away: then its folder is not to be made anew.
    places
      .filter(({ mark }) => mark === undefined)
      .map(({ folder }) =>
        mkdir(folder, { recursive: true }).catch((error: unknown) => {
          throw diskFault(error, folder);
        }),
      ),
  );
  const refused = made.find((one) => one.status === 'rejected');
  if (
    refused !== undefined &&
    made.filter((one) => one.status === 'rejected').length === places.length
  ) {
    throw refused.reason;
  }
  const volumes = new FootageVolumes(places, settings.diskReserve ?? 0.05, ports.clock);
  // Homes depend on the volumes' sizes. A single one has all cameras whatever its size.
  if (places.length > 1) await volumes.look();
  return new FolderRecorder(settings, ports, volumes);
}

function placesOf({ footageFolder, volumeMarks }: RecorderSettings): readonly VolumePlace[] {
  return rootsOf(footageFolder).map((folder) => ({ folder, mark: volumeMarks?.[folder] }));
}

class FolderRecorder implements Recorder {
  readonly #ports: RecorderPorts;
  readonly #volumes: FootageVolumes;
  /** Where the chains stood by the newest manifest: a volume with their ends may be away. */
  readonly #knownHeads: Promise<ReadonlyMap<CameraId, ChainHead>>;
  readonly #shared: RecordingShared;
  readonly #slots = new Map<CameraId, Slot>();
  readonly #startedAtUs: number;
  readonly #pool = new BlockPool();
  readonly #waiting: (() => void)[] = [];
  #opening = 0;
  #health: RecordingHealth;
  #faultUntilUs = 0;
  #lookAtUs = 0;
  #timer: Timer;
  readonly #nodeId: string;
  #manifestHour: string;
  readonly #writesManifest: boolean;
  #stopped = false;

  constructor(settings: RecorderSettings, ports: RecorderPorts, volumes: FootageVolumes) {
    this.#ports = ports;
    this.#volumes = volumes;
    this.#nodeId = settings.nodeId;
    this.#knownHeads =
      volumes.folders.length > 1
        ? readNewestHeads(volumes.folders, settings.nodeId).catch(() => new Map())
        : Promise.resolve(new Map());
    this.#startedAtUs = ports.clock.wallUs();
    this.#health = { kind: 'well', atUs: this.#startedAtUs };
    this.#manifestHour = hourFolder(this.#startedAtUs);
    this.#writesManifest = settings.writesManifest ?? true;
    this.#shared = {
      segmenter: {
        segmentMs: settings.segmentMs,
        fragmentMs: settings.fragmentMs ?? 1000,
        maxAccessUnitBytes: settings.maxAccessUnitBytes ?? 4 << 20,
        pool: this.#pool,
      },
      spreadSegments: settings.spreadSegments ?? false,
      pool: this.#pool,
      budget: new WriteBudget(settings.maxQueuedBytes ?? 256 << 20),
      syncs: new SyncGate(syncsAtATime),
      volumes,
      writeBytes: ports.writeBytes,
      maxQueuedBytes: settings.maxQueuedBytesPerCamera ?? 8 << 20,
      gapEntryUs: (settings.gapEntryMs ?? 60_000) * 1000,
      clock: ports.clock,
      onEntry: (entry) => ports.onEntry?.(entry),
      onDiskFault: (error, folder) => this.#diskFails(error, folder),
      onDiskWell: () => this.#diskServes(),
      onBug: (error) => ports.log.error({ err: error }, 'recording a camera met a fault of ours'),
    };
    this.#timer = ports.clock.setTimer(tickMs, () => this.#tick());
  }

  apply(orders: readonly RecordingOrder[]): void {
    if (this.#stopped) return;
    const wanted = new Map(orders.map((order) => [order.cameraId, order]));
    for (const [cameraId, slot] of this.#slots) {
      if (!wanted.has(cameraId)) this.#leave(cameraId, slot);
    }
    for (const order of wanted.values()) {
      const slot = this.#slots.get(order.cameraId);
      if (slot === undefined) this.#enter(order, Promise.resolve());
      else if (slot.leaving) this.#enter(order, slot.work);
      else this.#change(slot, order);
    }
  }

  openSegments() {
    return this.#cameras().flatMap((camera) => camera.openSegment ?? []);
  }

  openSegment(cameraId: CameraId) {
    return this.#slots.get(cameraId)?.camera?.openSegment;
  }

  openGaps() {
    return this.#cameras().flatMap((camera) => camera.openGap ?? []);
  }

  heads(): ReadonlyMap<CameraId, ChainHead> {
    const heads = new Map<CameraId, ChainHead>();
    for (const [cameraId, { camera }] of this.#slots) {
      if (camera !== undefined && camera.chainHead.sequence > 0) {
        heads.set(cameraId, camera.chainHead);
      }
    }
    return heads;
  }

  status(): RecorderStatus {
    return {
      cameras: this.#cameras().map((camera) => camera.status),
      queuedBytes: this.#shared.budget.queuedBytes,
      peakQueuedBytes: this.#shared.budget.peakBytes,
      blockBytes: this.#pool.allocatedBytes,
      volumes: this.#volumes.standing(),
      health: this.#health,
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer.cancel();
    await Promise.all(
      [...this.#slots.values()].map(async (slot) => {
        slot.leaving = true;
        slot.wake?.();
        slot.subscription?.close();
        await slot.camera?.stop('restart');
        await slot.work;
      }),
    );
  }

  #cameras(): CameraRecorder[] {
    return [...this.#slots.values()].flatMap((slot) => slot.camera ?? []);
  }

  #enter(order: RecordingOrder, after: Promise<void>): void {
    const slot: Slot = {
      order,
      since: { orderedUs: this.#ports.clock.wallUs(), diskFailedUs: undefined },
      camera: undefined,
      subscription: undefined,
      work: after,
      leaving: false,
    };
    this.#slots.set(order.cameraId, slot);
    slot.work = after.then(() => this.#open(slot));
  }

  #change(slot: Slot, order: RecordingOrder): void {
    const before = slot.order;
    slot.order = order;
    if (slot.subscription === undefined) return;
    if (before.source.key !== order.source.key) {
      slot.subscription.close();
      if (slot.camera !== undefined) {
        slot.subscription = this.#ports.hub.subscribe(order.source, slot.camera);
      }
    } else {
      this.#ports.hub.update(order.source);
    }
  }

  #leave(cameraId: CameraId, slot: Slot): void {
    if (slot.leaving) return;
    slot.leaving = true;
    slot.wake?.();
    slot.subscription?.close();
    const opened = slot.work;
    slot.work = (async () => {
      await slot.camera?.stop('not-assigned');
      await opened;
      if (this.#slots.get(cameraId) === slot) this.#slots.delete(cameraId);
    })();
  }

  /** Until it succeeds; a camera whose folder fails keeps no other one waiting. */
  async #open(slot: Slot): Promise<void> {
    while (!slot.leaving) {
      try {
        await this.#admitted(() => this.#tryOpen(slot));
        return;
      } catch (error) {
        slot.since.diskFailedUs ??= this.#ports.clock.wallUs();
        this.#diskFails(error);
        await this.#pause(slot);
      }
    }
  }

  /** Brings the camera's chain up to date with the disk, then subscribes to its stream. */
  async #tryOpen(slot: Slot): Promise<void> {
    const { hub, log } = this.#ports;
    const { order } = slot;
    const { cameraId } = order;
    const there = await this.#volumes.there();
    const preferred = this.#volumes.chainFolders(cameraId, undefined);
    const writable = preferred.filter((folder) => there.includes(folder));
    const opened = await openCameraChain(there, cameraId, {
      beforeUs: this.#startedAtUs,
      writable,
      knownHead: (await this.#knownHeads).get(cameraId),
    });
    if (opened.broken) {
      const { sequence } = opened.chain.head;
      log.error({ cameraId, sequence }, 'the end of this chain is on no volume that is here');
    }
    await this.#writeCameraFiles(order, writable);
    for (const entry of opened.added) this.#ports.onEntry?.(entry);
    for (const path of opened.unreadable) log.warn({ cameraId, path }, 'footage is unreadable');
    if (slot.leaving) return;
    slot.camera = new CameraRecorder(order, opened.chain, this.#shared, slot.since);
    slot.subscription = hub.subscribe(slot.order.source, slot.camera);
  }

  /** Beside the footage and beside the copy of its chain. */
  async #writeCameraFiles(order: RecordingOrder, folders: readonly string[]): Promise<void> {
    const written = await Promise.allSettled(folders.map((root) => writeCameraFile(root, order)));
    const failed = written.find((one) => one.status === 'rejected');
    if (failed !== undefined && written.every((one) => one.status === 'rejected')) {
      throw failed.reason;
    }
  }

  #pause(slot: Slot): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#ports.clock.setTimer(openRetryMs, resolve);
      slot.wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #admitted(task: () => Promise<void>): Promise<void> {
    if (this.#opening >= openAtATime) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#opening += 1;
    try {
      await task();
    } finally {
      this.#opening -= 1;
      this.#waiting.shift()?.();
    }
  }

  #tick(): void {
    const nowUs = this.#ports.clock.wallUs();
    if (nowUs >= this.#lookAtUs) void this.#look(nowUs);
    for (const slot of this.#slots.values()) {
      const { camera, order } = slot;
      if (camera?.takeExpelled() === true && !slot.leaving) {
        slot.subscription?.close();
        slot.subscription = this.#ports.hub.subscribe(order.source, camera);
      }
      try {
        camera?.tick(nowUs, () => this.#ports.hub.status(order.source.key)?.state);
      } catch (error) {
        this.#shared.onBug(error);
      }
    }
    if (this.#writesManifest && hourFolder(nowUs) !== this.#manifestHour) {
      this.#writeManifest(nowUs);
    }
    this.#timer = this.#ports.clock.setTimer(tickMs, () => this.#tick());
  }

  async #look(nowUs: number): Promise<void> {
    // Not again before this look is over: a dying disk may take its time.
    this.#lookAtUs = Number.POSITIVE_INFINITY;
    await this.#volumes.look();
    this.#lookAtUs = nowUs + lookEveryUs;
    for (const { fault, folder } of this.#volumes.standing()) {
      if (fault !== undefined) this.#diskFails(fault, folder);
    }
  }

  /** Once an hour: a chain's end cannot be cut off unseen behind the last manifest. */
  #writeManifest(nowUs: number): void {
    this.#manifestHour = hourFolder(nowUs);
    const heads = this.heads();
    if (heads.size === 0) return;
    writeNodeManifest(
      this.#volumes.folders,
      this.#nodeId,
      heads,
      nowUs,
      this.#ports.signManifest,
    ).catch((error: unknown) => this.#diskFails(error));
  }

  /** A fault of one of several volumes is told as well: its footage and a chain's copy are away. */
  #diskFails(error: unknown, folder = this.#volumes.folders[0] ?? ''): void {
    const fault = diskFault(error, folder);
    const atUs = this.#ports.clock.wallUs();
    this.#faultUntilUs = atUs + wellAfterUs;
    if (this.#health.kind === 'fault' && this.#health.fault === fault.code) return;
    this.#health = { kind: 'fault', fault: fault.code, evidence: fault.message, atUs };
    this.#ports.log.error({ err: fault }, 'recording cannot write');
    this.#ports.onHealth?.(this.#health);
  }

  #diskServes(): void {
    const atUs = this.#ports.clock.wallUs();
    if (this.#health.kind === 'well' || atUs < this.#faultUntilUs) return;
    this.#health = { kind: 'well', atUs };
    this.#ports.log.info({}, 'recording writes again');
    this.#ports.onHealth?.(this.#health);
  }
}
